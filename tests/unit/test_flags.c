/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The compiler flags do what they are there for: planted faults are compiled with the very command
 * the build uses for a library source, taken from compile_commands.json. */
#include <stdlib.h>
#include <string.h>

#include "support.h"

static char command[8192];

/* The build's command for sim/core/table.c up to its output, without what names files. */
static int find_command(void **state)
{
    (void)state;
    FILE *in = fopen(JD_BUILD_DIR "/compile_commands.json", "r");
    if (!in) return -1;
    static char line[sizeof command];
    char *found = NULL;
    while (!found && fgets(line, sizeof line, in)) {
        char *start = strstr(line, "\"command\": \"");
        char *output = strstr(line, " -o ");
        if (!start || !output || !strstr(output, "sim/core/table.c")) continue;
        *output = '\0';
        found = start + strlen("\"command\": \"");
    }
    fclose(in);
    if (!found) return -1;
    /* JSON writes " and \ with a \ before. */
    char *to = command;
    for (; *found; found++) {
        if (*found == '\\' && found[1]) found++;
        *to++ = *found;
    }
    *to = '\0';
    return 0;
}

/* Whether code compiles under the build's flags; what the compiler says is in `said`. */
static int compiles(const char *code, char *said, size_t size)
{
    char line[sizeof command + 1024];
    snprintf(line, sizeof line,
             "cd '" JD_BUILD_DIR "' && printf '%%s' '%s' | %s -Werror -x c -fsyntax-only - 2>&1",
             code, command);
    FILE *in = popen(line, "r");
    assert_non_null(in);
    size_t n = fread(said, 1, size - 1, in);
    said[n] = '\0';
    char rest[256];
    while (fread(rest, 1, sizeof rest, in) > 0)
        continue;
    return pclose(in) == 0;
}

/* The end of the flag's name as gcc and as clang print it. */
static const struct {
    const char *gcc, *clang, *code;
} planted[] = {
    {"unused-variable]", "unused-variable]",
     "int jd_f(void);\nint jd_f(void)\n{\n    int a;\n    return 0;\n}\n"},
    {"unused-parameter]", "unused-parameter]",
     "int jd_f(int a);\nint jd_f(int a)\n{\n    return 0;\n}\n"},
    {"sign-compare]", "sign-compare]",
     "int jd_f(int a, unsigned b);\nint jd_f(int a, unsigned b)\n{\n    return a < b;\n}\n"},
    {"pedantic]", "gnu-statement-expression]",
     "int jd_f(void);\nint jd_f(void)\n{\n    return ({ 1; });\n}\n"},
    {"conversion]", "conversion]", "char jd_f(int a);\nchar jd_f(int a)\n{\n    return a;\n}\n"},
    {"shadow]", "shadow]",
     "int jd_f(int a);\nint jd_f(int a)\n{\n    {\n        int a = 1;\n        return "
     "a;\n    }\n    return a;\n}\n"},
    {"strict-prototypes]", "strict-prototypes]", "int jd_f();\n"},
    {"missing-prototypes]", "missing-prototypes]", "int jd_f(void)\n{\n    return 0;\n}\n"},
    {"double-promotion]", "double-promotion]",
     "double jd_f(float a);\ndouble jd_f(float a)\n{\n    return a * 2.0;\n}\n"},
    {"vla]", "vla]",
     "int jd_f(int n);\nint jd_f(int n)\n{\n    char a[n];\n    a[0] = 0;\n    return a[0];\n}\n"},
};

static void test_planted_warnings_stop_the_build(void **state)
{
    (void)state;
    static char said[16384];
    const char *clean = "int jd_f(int a);\nint jd_f(int a)\n{\n    return a;\n}\n";
    if (!compiles(clean, said, sizeof said)) fail_msg("clean code does not compile: %s", said);
    int silent = 0;
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++) {
        if (!compiles(planted[i].code, said, sizeof said) &&
            (strstr(said, planted[i].gcc) || strstr(said, planted[i].clang)))
            continue;
        print_error("%s did not fire; the compiler said: %s\n", planted[i].gcc, said);
        silent++;
    }
    assert_int_equal(silent, 0);
}

static void test_no_flag_breaks_ieee_arithmetic(void **state)
{
    (void)state;
    assert_non_null(strstr(command, "-ffp-contract=off"));
    assert_null(strstr(command, "-ffast-math"));
    assert_null(strstr(command, "-Ofast"));
    assert_null(strstr(command, "-funsafe-math"));
    assert_null(strstr(command, "-march=native"));
}

/* x x - (1 + 2^-26) for x = 1 + 2^-27 is 2^-54 where multiply and add are one operation, and 0
 * where the product is rounded first. On x86 the instruction exists only behind a target. */
#if defined(__x86_64__)
__attribute__((target("fma"), noinline))
#else
__attribute__((noinline))
#endif
static double
multiply_add(double a, double b, double c)
{
    return a * b + c;
}

static void test_multiply_add_is_not_fused(void **state)
{
    (void)state;
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("fma")) {
        print_message("skipped: this processor has no fused multiply-add\n");
        skip();
    }
#endif
    volatile double x = 1 + 0x1p-27;
    assert_true(multiply_add(x, x, -(1 + 0x1p-26)) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted_warnings_stop_the_build),
        cmocka_unit_test(test_no_flag_breaks_ieee_arithmetic),
        cmocka_unit_test(test_multiply_add_is_not_fused),
    };
    return cmocka_run_group_tests(tests, find_command, NULL);
}
