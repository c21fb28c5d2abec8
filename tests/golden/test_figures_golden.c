/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figures' scripts, data included, against text kept in golden/figures/. After an intended
 * change run this test with JD_GOLDEN_UPDATE=1, look at the figures and at the difference. */
#include <stdlib.h>
#include <string.h>

#include "golden/figures_tables.h"

/* The whole file, '\0' behind; NULL if there is none. */
static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = calloc((size_t)size + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    fclose(file);
    return text;
}

static int first_difference(const char *a, const char *b)
{
    int line = 1;
    for (; *a && *a == *b; a++, b++)
        line += *a == '\n';
    return line;
}

static void compare(const char *name, const char *script)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/golden/figures/%s.gp", JD_SOURCE_DIR, name);
    if (getenv("JD_GOLDEN_UPDATE")) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fputs(script, file);
        assert_int_equal(fclose(file), 0);
        return;
    }
    char *golden = read_file(path);
    if (!golden) fail_msg("%s is missing", path);
    if (strcmp(golden, script) != 0)
        fail_msg("%s: the script differs from line %d on", path, first_difference(golden, script));
    free(golden);
}

static void test_scripts_are_golden(void **state)
{
    (void)state;
    figures_tables_t tables;
    figures_tables_make(&tables);
    tables.counties.rows = 60; /* enough to see, few enough to keep */
    jd_figure_options_t options;
    jd_figure_options_defaults(&options);
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    for (int narrow = 0; narrow < 2; narrow++)
        for (int i = 0; i < FIGURES; i++) {
            char *script = NULL, name[64];
            size_t size = 0;
            FILE *out = open_memstream(&script, &size);
            assert_non_null(out);
            options.width_mm = narrow ? 89.0 : 0.0;
            options.title = narrow ? "A single column" : NULL;
            assert_int_equal(figure_script(i, out, &tables, &options, &ctx), JD_OK);
            fclose(out);
            snprintf(name, sizeof name, "%s%s", figure_names[i], narrow ? "_narrow" : "");
            compare(name, script);
            free(script);
        }
    figures_tables_free(&tables);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_scripts_are_golden)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
