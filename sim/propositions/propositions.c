/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/propositions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/figures/figures.h"
#include "core/memory.h"
#include "core/text.h"
#include "drawing/drawings.h"
#include "drawing/figure.h"
#include "io/files/folder.h"
#include "propositions/measure.h"
#include "propositions/page.h"
#include "sweep/sections.h"
#include "sweep/sweep.h"

enum { PATH = 4096, STEM = 64, MOST = 64 };

typedef struct task {
    const jd_proposition_t *proposition;
    char stem[STEM]; /* "p5" */
    char folder[PATH];
    jd_config_t *config; /* finished; NULL = not asked for */
    int64_t runs;
    jd_done_t done;
} task_t;

typedef struct work {
    const jd_theory_t *theory;
    task_t tasks[MOST];
    int n;
    int64_t runs, before; /* of all that are asked for; of those that are done */
    jd_ctx_t *outer;
} work_t;

/* ---- What is asked for ---- */

static int check_names(const char *only, jd_ctx_t *ctx)
{
    char name[STEM], all[512] = "";
    size_t at = 0;
    for (int i = 0; jd_propositions[i]; i++)
        at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", i ? ", " : "",
                               jd_propositions[i]->name);
    while (jd_list_next(&only, name, sizeof name)) {
        bool known = false;
        for (int i = 0; jd_propositions[i]; i++)
            known = known || jd_list_holds(name, jd_propositions[i]->name, true);
        if (!known)
            return jd_fail(ctx, JD_ERR_ARGUMENT, "theory: --only: there is no '%s'; there are %s",
                           name, all);
    }
    return JD_OK;
}

static int set(jd_config_t *config, const char *key, int64_t value, jd_ctx_t *ctx)
{
    char text[64];
    snprintf(text, sizeof text, "%s=%lld", key, (long long)value);
    return jd_config_set(config, "jiedao theory", text, ctx);
}

static int make_config(task_t *t, const jd_theory_t *theory, jd_ctx_t *ctx)
{
    int n = 0;
    jd_plan_t plan;
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    const char *text = theory->config(t->proposition->config);
    const int64_t replicates = theory->replicates ? theory->replicates : t->proposition->replicates;
    if (!text)
        return jd_fail(ctx, JD_ERR_DATA, "%s: there is no config %s", t->proposition->name,
                       t->proposition->config);
    int rc = jd_config_create(&t->config, sections, n, ctx);
    if (!rc) rc = jd_config_read_text(t->config, t->proposition->config, text, ctx);
    if (!rc) rc = set(t->config, "sweep.replicates", replicates, ctx);
    if (!rc && theory->seed >= 0) rc = set(t->config, "run.seed", theory->seed, ctx);
    if (!rc) rc = jd_config_finish(t->config, ctx);
    if (!rc) rc = jd_plan_make(&plan, t->config, ctx);
    if (rc) return rc;
    t->runs = plan.n_runs;
    jd_plan_free(&plan);
    return JD_OK;
}

static int list_tasks(work_t *w, jd_ctx_t *ctx)
{
    const jd_theory_t *theory = w->theory;
    int rc = check_names(theory->only, ctx);
    for (int i = 0; jd_propositions[i] && i < MOST && !rc; i++) {
        task_t *t = &w->tasks[w->n++];
        t->proposition = jd_propositions[i];
        for (size_t k = 0; t->proposition->name[k] && k + 1 < STEM; k++)
            t->stem[k] = (char)tolower((unsigned char)t->proposition->name[k]);
        char stem[STEM];
        memcpy(stem, t->stem, STEM);
        if (snprintf(t->folder, PATH, "%s/%s", theory->folder, stem) >= PATH - 80)
            return jd_fail(ctx, JD_ERR_ARGUMENT, "theory: the name of the folder is too long");
        if (theory->only && !jd_list_holds(theory->only, t->proposition->name, true)) continue;
        rc = make_config(t, theory, ctx);
        w->runs += t->runs;
    }
    return rc;
}

/* ---- Progress: one bar for all ---- */

static void progress(void *user, const jd_progress_t *p)
{
    const work_t *w = user;
    jd_progress_t all = {.stage = "propositions", .done = w->before + p->done, .total = w->runs};
    if (w->outer && w->outer->progress) w->outer->progress(w->outer->user, &all);
}

static int cancelled(void *user)
{
    const work_t *w = user;
    return w->outer && w->outer->cancelled ? w->outer->cancelled(w->outer->user) : 0;
}

/* ---- One proposition ---- */

static int run(work_t *w, task_t *t, jd_ctx_t *ctx)
{
    char plan[PATH + 16];
    jd_sweep_facts_t facts = {0};
    jd_ctx_t inner = jd_ctx_inner(ctx);
    inner.user = w;
    inner.progress = progress;
    inner.cancelled = cancelled;
    inner.warn = NULL; /* what runs remark stands in their /runs */
    snprintf(plan, sizeof plan, "%s/plan.txt", t->folder);
    const bool there = access(plan, F_OK) == 0;
    const jd_sweep_options_t o = {
        .resume = there && !w->theory->force, .force = there && w->theory->force, .parts = 1};
    int rc = jd_sweep_run(&jd_sweep_simulate, t->config, t->folder, &o, &facts, &inner);
    if (rc == JD_ERR_EXISTS)
        return jd_fail(ctx, rc,
                       "%s: %s holds other runs; name another folder, or start over with "
                       "--force",
                       t->proposition->name, t->folder);
    if (rc) return jd_fail(ctx, rc, "%s: %s", t->proposition->name, inner.message);
    if (facts.farm.failed)
        jd_warn(ctx, "%s: %lld of %lld runs failed and are left out, the first: %s",
                t->proposition->name, (long long)facts.farm.failed, (long long)facts.n_runs,
                facts.farm.first_failure.message);
    w->before += t->runs;
    return JD_OK;
}

static void numbers_path(const task_t *t, char path[2 * PATH])
{
    snprintf(path, (size_t)2 * PATH, "%s/%s.h5", t->folder, t->stem);
}

/* Values that a design gives: of each factor, those that differ. */
static int64_t count_given(const jd_config_t *config, jd_ctx_t *ctx)
{
    jd_plan_t plan;
    int64_t n = 0;
    if (jd_plan_make(&plan, config, ctx)) return 0;
    for (int f = 0; f < plan.n_factors; f++)
        for (int i = 0; i < plan.factors[f].n_values; i++) {
            bool again = false;
            for (int k = 0; k < i; k++)
                again = again || !strcmp(plan.factors[f].values[k], plan.factors[f].values[i]);
            n += !again;
        }
    jd_plan_free(&plan);
    return n;
}

static int write_numbers(const task_t *t, const jd_measured_t *m, jd_ctx_t *ctx)
{
    char path[2 * PATH];
    jd_store_t *store = NULL;
    numbers_path(t, path);
    int rc = jd_store_create(&store, path, true, ctx);
    if (!rc) rc = jd_store_write(store, &m->numbers, ctx);
    if (!rc && m->lines.rows) rc = jd_store_write(store, &m->lines, ctx);
    if (!rc)
        rc = jd_store_attribute_int(store, "numbers", "given", count_given(t->config, ctx), ctx);
    if (!rc) rc = jd_store_attribute_int(store, "numbers", "replicates", m->replicates, ctx);
    if (!rc) return jd_store_commit(&store, ctx);
    jd_store_abandon(&store);
    return rc;
}

static int draw(const work_t *w, const task_t *t, jd_ctx_t *ctx)
{
    char folder[PATH];
    snprintf(folder, sizeof folder, "%s/theory", w->theory->folder);
    int rc = jd_folder_make(folder, ctx);
    const jd_figure_options_t o = {.folder = folder,
                                   .stem = t->stem,
                                   .formats = w->theory->formats,
                                   .replace = w->theory->force};
    char path[2 * PATH];
    jd_source_t source = {.path = path, .run = "", .output = ""};
    numbers_path(t, path);
    if (!rc) rc = jd_store_open(&source.store, path, ctx);
    if (!rc) rc = jd_figure_named("claim")->draw(&source, &o, ctx);
    jd_store_close(&source.store);
    return rc;
}

static void report(const jd_theory_t *theory, const task_t *t, const jd_table_t *numbers)
{
    static const char *const verdicts[] = {"as expected", "otherwise", "open"};
    char text[64];
    int n[3] = {0};
    for (int64_t i = 0; i < numbers->rows; i++)
        for (int k = 0; k < 3; k++)
            n[k] +=
                !strcmp(jd_table_text(numbers, JD_NUM_VERDICT, i, text, sizeof text), verdicts[k]);
    if (theory->done)
        theory->done(theory->user, t->proposition->name, t->proposition->claim, (int)numbers->rows,
                     n[0], n[1], n[2]);
}

static int make_one(work_t *w, task_t *t, jd_ctx_t *ctx)
{
    jd_measured_t m = {0};
    int rc = run(w, t, ctx);
    if (!rc) rc = jd_measure(&m, t->proposition, t->folder, ctx);
    if (!rc) rc = write_numbers(t, &m, ctx);
    if (!rc && w->theory->formats && m.lines.rows) rc = draw(w, t, ctx);
    if (!rc) report(w->theory, t, &m.numbers);
    jd_measured_free(&m);
    return rc;
}

/* ---- The page ---- */

static const char *figure_of(const work_t *w, const task_t *t)
{
    static const char *const endings[] = {"svg", "png", "pdf"};
    char path[2 * PATH];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/theory/%s.%s", w->theory->folder, t->stem, endings[i]);
        if (access(path, F_OK) == 0) return endings[i];
    }
    return NULL;
}

/* Those of earlier calls are on the page too. */
static int read_done(const work_t *w, task_t *t, bool *there, jd_ctx_t *ctx)
{
    char path[2 * PATH];
    jd_store_t *store = NULL;
    numbers_path(t, path);
    *there = access(path, F_OK) == 0;
    if (!*there) return JD_OK;
    t->done.proposition = t->proposition;
    t->done.stem = t->stem;
    t->done.figure = figure_of(w, t);
    int rc = jd_store_open(&store, path, ctx);
    if (!rc) rc = jd_store_read(store, "numbers", &t->done.numbers, ctx);
    if (!rc) rc = jd_store_get_int(store, "numbers", "given", &t->done.given, ctx);
    if (!rc) rc = jd_store_get_int(store, "numbers", "replicates", &t->done.replicates, ctx);
    jd_store_close(&store);
    return rc;
}

static int write_page(work_t *w, jd_ctx_t *ctx)
{
    jd_done_t done[MOST];
    int n = 0, rc = JD_OK;
    for (int i = 0; i < w->n && !rc; i++) {
        bool there;
        rc = read_done(w, &w->tasks[i], &there, ctx);
        if (!rc && there) done[n++] = w->tasks[i].done;
    }
    return rc ? rc : jd_page_write(w->theory->folder, done, n, ctx);
}

int jd_theory_make(const jd_theory_t *theory, jd_ctx_t *ctx)
{
    work_t *w = NULL;
    int rc = jd_make(&w, 1, sizeof *w, "the propositions", ctx);
    if (rc) return rc;
    memset(w, 0, sizeof *w);
    w->theory = theory;
    w->outer = ctx;
    rc = list_tasks(w, ctx);
    if (!rc) rc = jd_folder_make(theory->folder, ctx);
    for (int i = 0; i < w->n && !rc; i++)
        if (w->tasks[i].config) rc = make_one(w, &w->tasks[i], ctx);
    if (!rc) rc = write_page(w, ctx);
    for (int i = 0; i < w->n; i++) {
        jd_table_free(&w->tasks[i].done.numbers);
        jd_config_free(w->tasks[i].config);
    }
    free(w);
    return rc;
}

void jd_theory_list(FILE *out)
{
    for (int i = 0; jd_propositions[i]; i++)
        fprintf(out, "%-10s %-22s %s\n", jd_propositions[i]->name, jd_propositions[i]->config,
                jd_propositions[i]->claim);
}
