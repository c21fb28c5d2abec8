/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Panels made of whole clusters that were drawn again. */
#ifndef JD_DID_BASE_RESAMPLE_H
#define JD_DID_BASE_RESAMPLE_H

#include "jiedao/did.h"

/** Where the rows of each cluster lie, and what each copy of a cluster has of its own. */
typedef struct jd_clusters {
    jd_groups_t groups;
    int64_t *start; /* [n_groups + 1] in `row` */
    int32_t *row;   /* [rows] by cluster, in the panel's order within */
    int n_nested;
    struct jd_nested {
        const int32_t *from; /* unit, a fixed effect or a slope's levels */
        int32_t *code;       /* [rows] 0 ... n - 1 within its cluster */
        int32_t n;           /* most levels of a cluster; 0 = not nested: left as it is */
    } * nested;              /* the unit first */
} jd_clusters_t;

/** Zero it first. JD_ERR_DATA where a unit lies in several clusters. */
JD_MUST_USE int jd_clusters_make(jd_clusters_t *clusters, const jd_panel_t *panel, jd_ctx_t *ctx);
void jd_clusters_free(jd_clusters_t *clusters);

/** A panel with its outcome; the columns lie in `room`. */
typedef struct jd_resampled {
    jd_panel_t panel;
    const double *y;
    void *room;
} jd_resampled_t;

/** The clusters drawn [n_groups], one after the other. Free `room`. Cost: O(rows x columns). */
JD_MUST_USE int jd_resample(jd_resampled_t *out, const jd_clusters_t *clusters,
                            const jd_panel_t *panel, const double *y, const int32_t *drawn,
                            jd_ctx_t *ctx);

#endif
