/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each public header stands alone: in C, and in C++ with C linkage. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define HEADERS JD_SOURCE_DIR "/include/jiedao"
#define WARNINGS "-Wall -Wextra -Wpedantic -Wconversion -Werror -I '" JD_SOURCE_DIR "/include'"

/* Calls `check` with the name of each header; the sum of what it returns. */
static int each_header(int (*check)(const char *name))
{
    DIR *dir = opendir(HEADERS);
    assert_non_null(dir);
    int failed = 0, n = 0;
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.') continue;
        failed += check(entry->d_name);
        n++;
    }
    closedir(dir);
    assert_true(n > 0);
    return failed;
}

/* Twice, so that a missing include guard shows. */
static int compile(const char *compiler, const char *language, const char *name)
{
    char command[2048];
    snprintf(command, sizeof command,
             "printf '#include \"jiedao/%s\"\\n#include \"jiedao/%s\"\\nint jd_x;\\n' | '%s' %s %s "
             "-fsyntax-only -",
             name, name, compiler, language, WARNINGS);
    return system(command) != 0;
}

static int compile_c(const char *name)
{
    return compile(JD_CC, "-x c -std=c11", name);
}

static int compile_cxx(const char *name)
{
    return compile(JD_CXX, "-x c++ -std=c++17", name);
}

static void test_headers_compile_alone_in_c(void **state)
{
    (void)state;
    assert_int_equal(each_header(compile_c), 0);
}

static void test_headers_compile_alone_in_cxx(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_CXX);
    assert_int_equal(each_header(compile_cxx), 0);
}

/* Compiling does not show a missing extern "C"; linking would, at the user's. */
static int lacks_guards(const char *name)
{
    char path[1024], line[1024];
    snprintf(path, sizeof path, "%s/%s", HEADERS, name);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    int functions = 0, begin = 0, end = 0;
    while (fgets(line, sizeof line, in)) {
        functions += !strncmp(line, "JD_API", 6) || !strncmp(line, "extern ", 7);
        begin += !strncmp(line, "JD_BEGIN_DECLS", 14);
        end += !strncmp(line, "JD_END_DECLS", 12);
    }
    fclose(in);
    if (begin == end && (begin == 1 || !functions)) return 0;
    print_error("%s: put JD_BEGIN_DECLS and JD_END_DECLS around its declarations\n", name);
    return 1;
}

static void test_headers_have_c_linkage(void **state)
{
    (void)state;
    assert_int_equal(each_header(lacks_guards), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_compile_alone_in_c),
        cmocka_unit_test(test_headers_compile_alone_in_cxx),
        cmocka_unit_test(test_headers_have_c_linkage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
