/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which folder may include which: the arrows between the rooms go one way. Read from the sources,
 * so a new include that turns an arrow round fails here, by file and line. */
#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum part {
    CORE,
    CONFIG,
    MODEL,
    RUN,
    IO,
    STUDY,
    SWEEP,
    DRAWING,
    RECORDS,
    PROPOSITIONS,
    MOMENTS,
    REPORT,
    CALIBRATE,
    TRIAL,
    CLI,
    PANEL,
    LINEAR,
    DID,
    DIAGNOSE,
    EXPERIMENTS,
    FIGURES,
    DATASET,
    PARTS
};

static const char *const part_names[PARTS] = {
    "core",    "config",       "model",    "run",         "io",        "study",  "sweep", "drawing",
    "records", "propositions", "moments",  "report",      "calibrate", "trial",  "cli",   "panel",
    "linear",  "did",          "diagnose", "experiments", "figures",   "dataset"};

/* The arrows as drawn; what they lead to by way of others may be used too. */
static const struct {
    enum part from, to;
} arrows[] = {
    {CONFIG, CORE},       {PANEL, CORE},         {IO, CORE},          {FIGURES, CORE},
    {CLI, SWEEP},         {CLI, DRAWING},        {CLI, DATASET},      {SWEEP, STUDY},
    {SWEEP, EXPERIMENTS}, {DRAWING, SWEEP},      {DRAWING, FIGURES},  {DATASET, DIAGNOSE},
    {STUDY, RUN},         {RUN, MODEL},          {STUDY, CONFIG},     {RUN, CONFIG},
    {MODEL, CONFIG},      {STUDY, IO},           {STUDY, DIAGNOSE},   {DIAGNOSE, DID},
    {DID, LINEAR},        {LINEAR, PANEL},       {RECORDS, RUN},      {RECORDS, IO},
    {CLI, RECORDS},       {EXPERIMENTS, LINEAR}, {CLI, PROPOSITIONS}, {PROPOSITIONS, DRAWING},
    {TRIAL, SWEEP},       {MOMENTS, STUDY},      {REPORT, DRAWING},   {CLI, REPORT},
    {CALIBRATE, CORE},    {CLI, CALIBRATE},      {CLI, MOMENTS},
};

/* Public headers that are not named after their part. */
static const struct {
    const char *header;
    enum part part;
} headers[] = {
    {"error", CORE},
    {"param", CORE},
    {"export", CORE},
    {"context", CORE},
    {"random", CORE},
    {"arrow", CORE},
    {"table", CORE},
    {"version", CORE},
    {"split", DIAGNOSE},
    {"bacon", DIAGNOSE},
    {"simulation", RUN},
    {"theory", MODEL},
    {"synthetic", DID},
    {"roll_out", DID},
    {"monte_carlo", EXPERIMENTS},
    {"sensitivity", EXPERIMENTS},
    {"did_multiplegt", DID},
    {"twfe_weights", DIAGNOSE},
    {"event_path", DIAGNOSE},
    {"honest", DIAGNOSE},
    {"pretrend", DIAGNOSE},
    {"glm", LINEAR},
    {"wild_bootstrap", DIAGNOSE},
    {"randomisation", DIAGNOSE},
    {"frame", DATASET},
    {"analysis", DATASET},
    {"trial", TRIAL},
};

/* Libraries and the only parts that may know of them. */
static const struct {
    const char *header;
    unsigned parts;
} outside[] = {
    {"hdf5", 1u << IO},
    {"readstat.h", 1u << IO},
    {"libdeflate.h", 1u << IO},
    {"ini.h", 1u << CONFIG},
    {"gsl/", 1u << PANEL | 1u << LINEAR | 1u << DID | 1u << DIAGNOSE | 1u << EXPERIMENTS |
                 1u << STUDY | 1u << CALIBRATE | 1u << SWEEP | 1u << DATASET | 1u << CLI |
                 1u << PROPOSITIONS},
    {"lapacke", 1u << LINEAR | 1u << DID | 1u << DIAGNOSE},
    {"cblas", 1u << LINEAR | 1u << DID | 1u << DIAGNOSE | 1u << CLI},
};

/* Inside did/, families know base and themselves; and base knows no family. These few are built on
 * another family's estimator. */
static const struct {
    const char *file, *header;
} built_on[] = {
    {"etwfe/etwfe_poisson.c", "regression/poisson.h"}, /* a Poisson model of cells */
    {"synthetic/synthetic.h", "imputation/stage.h"},   /* covariates' first stage */
};

static bool may[PARTS][PARTS];
static int n_bad, n_includes;

static void follow_arrows(void)
{
    for (int i = 0; i < PARTS; i++)
        may[i][i] = true;
    for (size_t k = 0; k < sizeof arrows / sizeof *arrows; k++)
        may[arrows[k].from][arrows[k].to] = true;
    for (int via = 0; via < PARTS; via++)
        for (int from = 0; from < PARTS; from++)
            for (int to = 0; to < PARTS; to++)
                if (may[from][via] && may[via][to]) may[from][to] = true;
}

static int find_part(const char *name, size_t length)
{
    for (int i = 0; i < PARTS; i++)
        if (strlen(part_names[i]) == length && !strncmp(part_names[i], name, length)) return i;
    return -1;
}

/* The part of an include of ours; -1 for a header this test does not know. */
static int part_of_include(const char *path, int own)
{
    if (!strncmp(path, "jiedao/", 7)) {
        const char *name = path + 7;
        size_t length = strcspn(name, ".");
        for (size_t k = 0; k < sizeof headers / sizeof *headers; k++)
            if (strlen(headers[k].header) == length && !strncmp(headers[k].header, name, length))
                return (int)headers[k].part;
        return find_part(name, length);
    }
    if (!strncmp(path, "analysis/", 9)) path += 9;
    size_t length = strcspn(path, "/");
    return path[length] ? find_part(path, length) : own;
}

static void check_include(const char *file, int line, int part, const char *path, bool ours)
{
    n_includes++;
    for (size_t k = 0; k < sizeof outside / sizeof *outside; k++)
        if (!strncmp(path, outside[k].header, strlen(outside[k].header)) &&
            !(outside[k].parts & 1u << part)) {
            print_error("%s:%d: %s may not include <%s>\n", file, line, part_names[part], path);
            n_bad++;
        }
    if (!ours) return;
    int to = part_of_include(path, part);
    if (to < 0) {
        print_error("%s:%d: which part does \"%s\" belong to? Tell test_arrows.c\n", file, line,
                    path);
        n_bad++;
    } else if (!may[part][to]) {
        print_error("%s:%d: %s may not include \"%s\": no arrow leads to %s\n", file, line,
                    part_names[part], path, part_names[to]);
        n_bad++;
    }
}

/* The first folder of a path, whose name has so many letters; 0: none. */
static size_t folder_of(const char *path)
{
    const char *end = strchr(path, '/');
    return end ? (size_t)(end - path) : 0;
}

static bool is_built_on(const char *file, const char *header)
{
    for (size_t k = 0; k < sizeof built_on / sizeof *built_on; k++)
        if (!strcmp(file, built_on[k].file) &&
            !strncmp(header, built_on[k].header, strlen(built_on[k].header)))
            return true;
    return false;
}

/* `file` and `header` are paths below did/. */
static bool may_in_did(const char *file, const char *header)
{
    size_t own = folder_of(file), other = folder_of(header);
    if (other == 0 || (own == other && !strncmp(file, header, own))) return true;
    if (other == 4 && !strncmp(header, "base", 4)) return true;
    return is_built_on(file, header);
}

static void check_family(const char *file, int line, const char *path)
{
    const char *below = strstr(file, "/did/");
    if (!below || strncmp(path, "did/", 4) || may_in_did(below + 5, path + 4)) return;
    print_error("%s:%d: may not include \"%s\": an estimator's folder uses did/base and itself\n",
                file, line, path);
    n_bad++;
}

/* Of what takes out fixed effects other parts see one header. */
static bool may_absorb(int part, const char *header)
{
    static const char folder[] = "linear/absorb/";
    return part == LINEAR || strncmp(header, folder, sizeof folder - 1) ||
           !strcmp(header, "linear/absorb/effects.h");
}

static void check_file(const char *file, int part)
{
    FILE *in = fopen(file, "r");
    assert_non_null(in);
    char text[1024], path[512];
    for (int line = 1; fgets(text, sizeof text, in); line++) {
        if (sscanf(text, " # include \"%511[^\"]", path) == 1) {
            check_include(file, line, part, path, true);
            if (part == DID) check_family(file, line, path);
            if (!may_absorb(part, path)) {
                print_error("%s:%d: of linear/absorb take effects.h, not \"%s\"\n", file, line,
                            path);
                n_bad++;
            }
        } else if (sscanf(text, " # include <%511[^>]", path) == 1)
            check_include(file, line, part, path, !strncmp(path, "jiedao/", 7));
    }
    fclose(in);
}

/* All sources below a folder; they belong to the part the folder is. */
static void check_folder(const char *folder, int part)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.') continue;
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        size_t length = strlen(path);
        if (path[length - 2] == '.' && strchr("ch", path[length - 1])) {
            check_file(path, part);
            continue;
        }
        DIR *below = opendir(path);
        if (!below) continue;
        closedir(below);
        check_folder(path, part);
    }
    closedir(dir);
}

static void test_arrows_go_one_way(void **state)
{
    (void)state;
    n_bad = n_includes = 0;
    for (int part = 0; part < PARTS; part++) {
        char folder[1024];
        snprintf(folder, sizeof folder, "%s/%s/%s", JD_SOURCE_DIR,
                 part < PANEL ? "sim" : "analysis", part_names[part]);
        if (access(folder, R_OK) == 0) check_folder(folder, part);
    }
    assert_true(n_includes > 0);
    assert_int_equal(n_bad, 0);
}

/* The table above has no circle: none of two parts may use each other. */
static void test_arrows_have_no_circle(void **state)
{
    (void)state;
    for (int i = 0; i < PARTS; i++)
        for (int j = 0; j < i; j++)
            assert_false(may[i][j] && may[j][i]);
    assert_false(may[DATASET][IO] || may[DATASET][CONFIG] || may[DATASET][FIGURES]);
    assert_false(may[DID][CONFIG] || may[DIAGNOSE][MODEL] || may[RUN][DID] || may[IO][MODEL]);
}

static void test_families_of_estimators(void **state)
{
    (void)state;
    assert_true(may_in_did("lp_did/lp_did.c", "base/design.h"));
    assert_true(may_in_did("lp_did/lp_did.c", "lp_did/lp_did.h"));
    assert_true(may_in_did("etwfe/etwfe_poisson.c", "regression/poisson.h"));
    assert_false(may_in_did("regression/triple_difference.c", "group_time/comparison.h"));
    assert_false(may_in_did("base/frame.c", "imputation/stage.h"));
    assert_false(may_in_did("lp_did/lp_did.c", "imputation/stage.h"));
    assert_false(may_in_did("regression/twfe.c", "group_time/comparison.h"));
    assert_true(may_absorb(DID, "linear/absorb/effects.h"));
    assert_true(may_absorb(LINEAR, "linear/absorb/index.h"));
    assert_false(may_absorb(DID, "linear/absorb/index.h"));
}

static void test_public_headers_use_public_headers(void **state)
{
    (void)state;
    DIR *dir = opendir(JD_SOURCE_DIR "/include/jiedao");
    assert_non_null(dir);
    n_bad = 0;
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.') continue;
        char path[1024], text[1024], header[512];
        snprintf(path, sizeof path, "jiedao/%s", entry->d_name);
        int part = part_of_include(path, -1);
        if (part < 0) {
            print_error("which part does %s belong to? Tell test_arrows.c\n", path);
            n_bad++;
            continue;
        }
        snprintf(path, sizeof path, "%s/include/jiedao/%s", JD_SOURCE_DIR, entry->d_name);
        check_file(path, part);
        FILE *in = fopen(path, "r");
        assert_non_null(in);
        while (fgets(text, sizeof text, in))
            if (sscanf(text, " # include \"%511[^\"]", header) == 1 &&
                strncmp(header, "jiedao/", 7)) {
                print_error("%s: includes the private \"%s\"\n", path, header);
                n_bad++;
            }
        fclose(in);
    }
    closedir(dir);
    assert_int_equal(n_bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrows_go_one_way),
        cmocka_unit_test(test_arrows_have_no_circle),
        cmocka_unit_test(test_families_of_estimators),
        cmocka_unit_test(test_public_headers_use_public_headers),
    };
    follow_arrows();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
