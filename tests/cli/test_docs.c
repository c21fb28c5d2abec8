/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the docs tell people to type exists, their links lead somewhere, and the page of parameters
 * is what the program prints. */
#define _XOPEN_SOURCE 700
#include <ftw.h>

#include "cli/command.h"
#include "cli/program.h"
#include "drawing/figure.h"
#include "jiedao/did.h"
#include "sweep/sections.h"

enum { MAX_WORDS = 64, MAX_TEXT = 1 << 19 };

static char text[MAX_TEXT];
static const char *page;           /* the page being read */
static int pages, commands, links; /* how many were seen: a reader that finds none checks nothing */

static void read_page(const char *path)
{
    page = path;
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    size_t n = fread(text, 1, sizeof text - 1, in);
    fclose(in);
    assert_true(n > 0 && n < sizeof text - 1);
    text[n] = '\0';
}

/* ---- commands ---- */

static void check_settings(const jd_args_t *args, jd_ctx_t *ctx)
{
    int n, at = 0;
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    for (const char *set; (set = jd_args_next(args, "set", &at));) {
        char plain[256];
        snprintf(plain, sizeof plain, "%s", set);
        jd_config_t *config = NULL;
        assert_int_equal(jd_config_create(&config, sections, n, ctx), JD_OK);
        /* A shell variable stands for a number that the page gives elsewhere. */
        char *variable = strchr(plain, '$');
        if (variable) strcpy(variable, "0.5");
        if (jd_config_set(config, "--set", plain, ctx))
            fail_msg("%s: --set %s: %s", page, set, ctx->message);
        jd_config_free(config);
    }
}

static void check_command(char *line)
{
    char *words[MAX_WORDS];
    int n = 0;
    line[strcspn(line, "#|>;&)")] = '\0';
    for (char *word = strtok(line, " \t"); word; word = strtok(NULL, " \t")) {
        assert_true(n < MAX_WORDS);
        words[n++] = word;
    }
    if (n < 2) fail_msg("%s: a line that is only '%s'", page, n ? words[0] : "");
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    const jd_command_t *command = jd_command_find(words[1], &ctx);
    if (!command) fail_msg("%s: %s", page, ctx.message);
    jd_args_t args;
    if (jd_args_parse(&args, command, n - 2, words + 2, &ctx))
        fail_msg("%s: %s", page, ctx.message);
    check_settings(&args, &ctx);
    jd_args_free(&args);
    commands++;
}

/* Joins lines that end in a backslash, then takes each line whose first word is the program. */
static void check_shell_block(char *block)
{
    for (char *p; (p = strstr(block, "\\\n"));)
        p[0] = p[1] = ' ';
    for (char *line = block, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = '\0';
        line += strspn(line, " \t");
        if (!strncmp(line, "jiedao ", 7) || !strncmp(line, "./jiedao ", 9)) check_command(line);
    }
}

static int check_commands_of(const char *path)
{
    read_page(path);
    static const char open[] = "```sh\n";
    for (char *at = text; (at = strstr(at, open));) {
        char *block = at + sizeof open - 1, *end = strstr(block, "```");
        if (!end) fail_msg("%s: a block of code without an end", page);
        *end = '\0';
        at = end + 3;
        check_shell_block(block);
    }
    return 0;
}

/* ---- links ---- */

static int check_links_of(const char *path)
{
    read_page(path);
    for (const char *at = text; (at = strstr(at, "](")); at++) {
        const char *target = at + 2;
        size_t length = strcspn(target, ")#\n");
        if (length == 0 || !strncmp(target, "http", 4)) continue;
        char full[1024];
        snprintf(full, sizeof full, "%.*s/%.*s", (int)(strrchr(path, '/') - path), path,
                 (int)length, target);
        if (access(full, R_OK)) fail_msg("%s: links to %s, which is not there", path, full);
        links++;
    }
    return 0;
}

/* ---- every page ---- */

static int (*visitor)(const char *path);

static int visit(const char *path, const struct stat *s, int kind, struct FTW *where)
{
    (void)s, (void)where;
    size_t n = strlen(path);
    if (kind != FTW_F || n < 3 || strcmp(path + n - 3, ".md")) return 0;
    pages++;
    return visitor(path);
}

static void visit_pages(int (*what)(const char *path))
{
    visitor = what;
    pages = commands = links = 0;
    what(JD_SOURCE_DIR "/README.md");
    assert_int_equal(nftw(JD_SOURCE_DIR "/docs", visit, 8, FTW_PHYS), 0);
    assert_true(pages > 10);
}

static void test_commands_in_docs_exist(void **state)
{
    (void)state;
    visit_pages(check_commands_of);
    assert_true(commands > 20);
}

static void test_links_in_docs_resolve(void **state)
{
    (void)state;
    visit_pages(check_links_of);
    assert_true(links > 40);
}

static void test_examples_in_help_exist(void **state)
{
    (void)state;
    page = "examples of the help";
    for (int i = 0; jd_commands[i]; i++) {
        char examples[2048];
        snprintf(examples, sizeof examples, "%s", jd_commands[i]->examples);
        commands = 0;
        check_shell_block(examples);
        assert_true(commands > 0);
    }
}

/* ---- generated, or nearly ---- */

static void test_parameters_page_is_what_the_program_prints(void **state)
{
    (void)state;
    static said_t said;
    run_program(&said, "params --format markdown");
    ASSERT_STATUS(&said, 0);
    read_page(JD_SOURCE_DIR "/docs/parameters.md");
    const char *tables = strstr(text, "## ");
    assert_non_null(tables);
    if (strcmp(tables, said.out))
        fail_msg("docs/parameters.md is not what `jiedao params --format markdown` prints: replace "
                 "all from its "
                 "first '## ' on");
}

/* Every command with its options and their help, as the program has them; what stands before and
 * behind is written by hand. */
static void test_man_page_is_what_the_program_prints(void **state)
{
    (void)state;
    static said_t said;
    run_program(&said, "help man");
    ASSERT_STATUS(&said, 0);
    read_page(JD_SOURCE_DIR "/docs/jiedao.1");
    const char *commands_of = strstr(text, ".SH COMMANDS\n"), *notes = strstr(text, ".SH NOTES\n");
    assert_non_null(commands_of);
    assert_non_null(notes);
    if (strlen(said.out) != (size_t)(notes - commands_of) ||
        strncmp(commands_of, said.out, strlen(said.out)) != 0)
        fail_msg("docs/jiedao.1 is not what `jiedao help man` prints: replace what stands from "
                 "'.SH COMMANDS' up to '.SH NOTES'");
    for (int i = 0; jd_commands[i]; i++) { /* and that is all there is */
        const jd_option_t *option = jd_command_options(jd_commands[i]);
        for (; option && option->name; option++) {
            char name[64] = "\\-\\-";
            for (const char *p = option->name; *p; p++)
                strcat(name, *p == '-' ? "\\-" : (char[]){*p, '\0'});
            if (!strstr(said.out, name)) fail_msg("help man: no --%s", option->name);
        }
    }
}

/* A row of the page on figures for each that is drawn, and a line of its page for each estimator.
 */
static void test_pages_name_what_lists_name(void **state)
{
    (void)state;
    char row[96];
    read_page(JD_SOURCE_DIR "/docs/figures.md");
    for (int i = 0; jd_figures[i]; i++) {
        snprintf(row, sizeof row, "\n| `%s` | ", jd_figures[i]->name);
        if (!strstr(text, row)) fail_msg("docs/figures.md: no row of %s", jd_figures[i]->name);
    }
    read_page(JD_SOURCE_DIR "/docs/estimators/README.md");
    for (int i = 0; jd_estimators[i]; i++) {
        snprintf(row, sizeof row, "`%s`", jd_estimators[i]->name);
        if (!strstr(text, row)) fail_msg("docs/estimators/README.md: no %s", row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_in_docs_exist),
        cmocka_unit_test(test_links_in_docs_resolve),
        cmocka_unit_test(test_examples_in_help_exist),
        cmocka_unit_test(test_parameters_page_is_what_the_program_prints),
        cmocka_unit_test(test_pages_name_what_lists_name),
        cmocka_unit_test(test_man_page_is_what_the_program_prints),
    };
    return cmocka_run_group_tests(tests, NULL, remove_here);
}
