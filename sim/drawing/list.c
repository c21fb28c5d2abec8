/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All figures of result files, in the order in which they are drawn. */
#include <string.h>

#include "drawing/figure.h"

extern const jd_figure_t jd_drawing_effort_loop, jd_drawing_map, jd_drawing_event_time,
    jd_drawing_bias_split, jd_drawing_time_series, jd_drawing_friction, jd_drawing_did_by_share,
    jd_drawing_did_by_parameter, jd_drawing_heat, jd_drawing_sobol, jd_drawing_morris,
    jd_drawing_bias_by, jd_drawing_rates, jd_drawing_pretest, jd_drawing_claim;

const jd_figure_t *const jd_figures[] = {
    &jd_drawing_effort_loop,  &jd_drawing_map,
    &jd_drawing_event_time,   &jd_drawing_bias_split,
    &jd_drawing_time_series,  &jd_drawing_friction,
    &jd_drawing_did_by_share, &jd_drawing_did_by_parameter,
    &jd_drawing_heat,         &jd_drawing_sobol,
    &jd_drawing_morris,       &jd_drawing_bias_by,
    &jd_drawing_rates,        &jd_drawing_pretest,
    &jd_drawing_claim,        NULL,
};

const jd_figure_t *jd_figure_named(const char *name)
{
    int i = 0;
    while (jd_figures[i] && strcmp(jd_figures[i]->name, name) != 0)
        i++;
    return jd_figures[i];
}

const char *jd_file_kind_name(int bit)
{
    static const char *const names[] = {"a run",
                                        "several runs that differ in policy.share",
                                        "a sweep of policy.share",
                                        "a sweep of one other parameter",
                                        "a grid of two parameters",
                                        "a sweep of design saltelli",
                                        "a sweep of design morris",
                                        "a validation",
                                        "a proposition's numbers, of jiedao theory"};
    return bit < (int)(sizeof names / sizeof *names) ? names[bit] : NULL;
}
