/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the disk, other processes and damaged files can do to a store. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "io/csv/csv.h"
#include "io/hdf5/store.h"
#include "io/stata/stata.h"

/* HDF5 1.10 loses memory of its own on damaged files. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

static const jd_column_t COLUMNS[] = {
    {.name = "firm", .type = JD_INT32, .unit = "1", .label = "firm"},
    {.name = "kind", .type = JD_INT8, .unit = "1", .label = "kind", .flags = "0 a, 1 b c"},
    {.name = "x", .type = JD_DOUBLE, .unit = "km", .label = "noise"},
    {.name = "name", .type = JD_TEXT, .unit = "", .label = "name", .width = 8},
};
enum { N = sizeof COLUMNS / sizeof *COLUMNS, ROWS = 30000 };
enum { SEAL = 48 }; /* bytes of the checksum's line behind HDF5's part */

static char folder[] = "/tmp/jiedao-fault-XXXXXX";
static char path[64], other[80];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/a.h5", folder);
    snprintf(other, sizeof other, "%s.part", path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails if anything else was left */
}

/* Records of noise that does not pack, so that a file's size is known to exceed limits. */
static int make_table(jd_table_t *table)
{
    uint64_t x = 88172645463325252u;
    int rc = jd_table_init(table, "deep/er/table", "Noise", COLUMNS, N, ROWS, NULL);
    if (rc) return rc;
    table->rows = ROWS;
    for (int64_t i = 0; i < ROWS; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        JD_CELLS(table, 0, int32_t)[i] = (int32_t)(x >> 34);
        JD_CELLS(table, 1, int8_t)[i] = (int8_t)(x & 1u);
        JD_CELLS(table, 2, double)[i] = (double)x;
        jd_table_set_text(table, 3, i, i % 2 ? "北京" : "x");
    }
    return JD_OK;
}

/* A file with two tables, one grown in pieces, and a text. */
static int write_store(const char *name, jd_ctx_t *ctx)
{
    jd_store_t *store = NULL;
    jd_table_t table;
    ctx->threads =
        1; /* a child of a program that used several must not: OpenMP does not survive fork */
    int rc = make_table(&table);
    if (!rc) rc = jd_store_create(&store, name, true, ctx);
    if (!rc) rc = jd_store_write(store, &table, ctx);
    table.name = "grown";
    for (int i = 0; !rc && i < 5; i++)
        rc = jd_store_append(store, &table, ctx);
    if (!rc) rc = jd_store_text(store, "config/ini", "[run]\n", ctx);
    if (!rc) rc = jd_store_attribute_int(store, "grown", "x", 1, ctx);
    if (!rc) {
        rc = jd_store_commit(&store, ctx);
    } else {
        jd_store_abandon(&store);
    }
    jd_table_free(&table);
    return rc;
}

static int write_csv(const char *name, jd_ctx_t *ctx)
{
    jd_table_t table;
    int rc = make_table(&table);
    if (!rc) rc = jd_csv_write(&table, name, true, ctx);
    jd_table_free(&table);
    return rc;
}

static int write_stata(const char *name, jd_ctx_t *ctx)
{
    jd_table_t table;
    int rc = make_table(&table);
    if (!rc) rc = jd_stata_write(&table, name, true, ctx);
    jd_table_free(&table);
    return rc;
}

static int (*const writers[])(const char *, jd_ctx_t *) = {write_store, write_csv, write_stata};

/* Runs `check` in a child, which ends as a program does (HDF5 closes down); its result, 0 = fine.
 */
static void assert_child(int (*check)(long), long argument)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) exit(check(argument));
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        fail_msg("argument %ld: killed by signal %d", argument, WTERMSIG(status));
    if (WEXITSTATUS(status)) fail_msg("argument %ld: step %d", argument, WEXITSTATUS(status));
}

static off_t size_of(const char *name)
{
    struct stat about;
    return stat(name, &about) == 0 ? about.st_size : -1;
}

/* ---- Failing writes ---- */

static int current_writer;

/* Writing with room for so many bytes fails cleanly, and works again with room. */
static int check_limit(long bytes)
{
    struct rlimit limit;
    jd_ctx_t ctx = {0};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    const rlim_t was = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)bytes;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    if (writers[current_writer](path, &ctx) != JD_ERR_WRITE) return 2;
    if (!strstr(ctx.message, path) || !strstr(ctx.message, "ulimit -f")) return 3;
    if (ctx.n_errors != 1) return 4;
    if (size_of(path) != 5 || size_of(other) != -1) return 5;
    limit.rlim_cur = was;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (bytes % 4096 == 0 && writers[current_writer](other, &ctx) != JD_OK) return 6;
    unlink(other);
    return 0;
}

static void put_old_target(void)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs("older", file);
    fclose(file);
}

static void test_write_limit(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    for (current_writer = 0; current_writer < 3; current_writer++) {
        assert_int_equal(writers[current_writer](path, &ctx), JD_OK);
        long size = (long)size_of(path);
        assert_true(size > 400000);
        put_old_target();
        for (long bytes = 0; bytes < size; bytes += 1 + size / 40)
            assert_child(check_limit, bytes);
        for (long bytes = 1; bytes < 4096; bytes += 500)
            assert_child(check_limit, bytes);
        assert_child(check_limit, size - 1);
        unlink(path);
    }
}

static void test_disk_full(void **state)
{
    (void)state;
    char disk[64], file[80];
    snprintf(disk, sizeof disk, "%s/disk", folder);
    snprintf(file, sizeof file, "%s/a.h5", disk);
    assert_int_equal(mkdir(disk, 0700), 0);
    if (mount("tmpfs", disk, "tmpfs", 0, "size=256k") != 0) {
        rmdir(disk);
        print_message("skipped: no small disk can be mounted: %s\n", strerror(errno));
        skip();
    }
    static jd_ctx_t ctx[3];
    int rc[3];
    for (int i = 0; i < 3; i++)
        rc[i] = writers[i](file, &ctx[i]);
    assert_int_equal(umount(disk), 0); /* before anything else can fail */
    assert_int_equal(rmdir(disk), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rc[i], JD_ERR_WRITE);
        /* found on the way, or known beforehand */
        assert_true(strstr(ctx[i].message, "No space left") ||
                    strstr(ctx[i].message, "kB are free in"));
        assert_non_null(strstr(ctx[i].message, "make room"));
    }
}

static int check_read_only(long argument)
{
    (void)argument;
    jd_ctx_t ctx = {0};
    uid_t before = geteuid();
    if (before == 0 && seteuid(65534) != 0) return 1;
    int wrong = 0;
    for (int i = 0; i < 3 && !wrong; i++) {
        jd_ctx_clear(&ctx);
        if (writers[i](path, &ctx) != JD_ERR_OPEN)
            wrong = 2;
        else if (!strstr(ctx.message, "may not write"))
            wrong = 3;
    }
    if (seteuid(before) != 0) return 4; /* the leak checker looks at the process when it ends */
    return wrong;
}

static void test_read_only_folder(void **state)
{
    (void)state;
    assert_int_equal(chmod(folder, 0555), 0);
    assert_child(check_read_only, 0);
    assert_int_equal(chmod(folder, 0700), 0);
}

static void test_create_errors(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    jd_store_t *store = NULL;
    assert_int_equal(jd_store_create(&store, "/nowhere/x/a.h5", true, &ctx), JD_ERR_OPEN);
    assert_non_null(strstr(ctx.message, "create its folder"));
    assert_null(store);
    assert_int_equal(jd_store_create(&store, folder, true, &ctx), JD_ERR_EXISTS);
    put_old_target();
    jd_ctx_clear(&ctx);
    assert_int_equal(jd_store_create(&store, path, false, &ctx), JD_ERR_EXISTS);
    assert_non_null(strstr(ctx.message, path));
    assert_non_null(strstr(ctx.message, "--force"));
    unlink(path);
    /* A target that came meanwhile is not replaced either. */
    assert_int_equal(jd_store_create(&store, path, false, &ctx), JD_OK);
    put_old_target();
    assert_int_equal(jd_store_commit(&store, &ctx), JD_ERR_EXISTS);
    assert_int_equal(size_of(path), 5);
    unlink(path);
}

/* ---- Other processes ---- */

/* A child that starts a file, tells so, and waits to be killed. */
static pid_t start_writing(void)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        jd_store_t *store = NULL;
        jd_table_t table;
        jd_ctx_t ctx = {.threads = 1};
        if (make_table(&table) != JD_OK) _exit(1);
        if (jd_store_create(&store, path, true, &ctx) != JD_OK) _exit(2);
        if (jd_store_write(store, &table, &ctx) != JD_OK) _exit(3);
        if (write(ready[1], "x", 1) != 1) _exit(4);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

/* Names a program might take for a temporary file are a user's: neither written through, nor
 * emptied, nor removed. */
static void test_names_beside_the_target_are_not_ours(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    char victim[80];
    snprintf(victim, sizeof victim, "%s/victim", folder);
    put_old_target();
    assert_int_equal(rename(path, victim), 0);
    for (int link = 0; link < 2; link++) {
        if (link)
            assert_int_equal(symlink(victim, other), 0);
        else
            assert_int_equal(rename(victim, other), 0);
        assert_int_equal(write_store(path, &ctx), JD_OK);
        assert_int_equal(size_of(other), 5);
        unlink(path);
        if (!link) assert_int_equal(rename(other, victim), 0);
    }
    unlink(other);
    unlink(victim);
}

static void test_kill_while_writing(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    jd_store_t *store = NULL;
    for (int older = 0; older < 2; older++) {
        if (older) put_old_target();
        pid_t child = start_writing();
        /* Another process may write the same name: neither disturbs the other. */
        assert_int_equal(jd_store_create(&store, path, true, &ctx), JD_OK);
        jd_store_abandon(&store);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        assert_int_equal(size_of(path), older ? 5 : -1);
        assert_int_equal(write_store(path, &ctx), JD_OK);
        unlink(path);
        assert_int_equal(rmdir(folder), 0); /* nothing else was left */
        assert_int_equal(mkdir(folder, 0700), 0);
    }
}

/* ---- Bad files ---- */

static char *load(const char *name, size_t *size)
{
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    *size = (size_t)size_of(name);
    char *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static void save(const char *name, const char *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

/* Opens and reads all there is; the first error. */
static int read_everything(jd_ctx_t *ctx)
{
    jd_store_t *store = NULL;
    jd_store_entry_t *entries = NULL;
    int n = 0;
    int rc = jd_store_open(&store, path, ctx);
    if (!rc) rc = jd_store_list(store, &entries, &n, ctx);
    for (int i = 0; !rc && i < n; i++) {
        jd_table_t table;
        rc = jd_store_read(store, entries[i].name, &table, ctx);
        jd_table_free(&table);
    }
    jd_store_list_free(entries, n);
    jd_store_close(&store);
    return rc;
}

static void assert_refused(int code, const char *says)
{
    jd_ctx_t ctx = {0};
    assert_int_equal(read_everything(&ctx), code);
    if (!strstr(ctx.message, says)) fail_msg("%s\nlacks\n%s", ctx.message, says);
    assert_non_null(strstr(ctx.message, path));
    assert_int_equal(ctx.n_errors, 1);
}

static void test_open_errors(void **state)
{
    (void)state;
    unlink(path);
    assert_refused(JD_ERR_OPEN, "No such file");
    save(path, "", 0);
    assert_refused(JD_ERR_FORMAT, "is empty (0 bytes)");
    save(path, "\x89HDF", 4);
    assert_refused(JD_ERR_FORMAT, "not an HDF5 file");
    save(path, "firm,period\n1,2\n", 16);
    assert_refused(JD_ERR_FORMAT, "not an HDF5 file");
    jd_ctx_t ctx = {0};
    jd_store_t *store = NULL;
    assert_int_equal(jd_store_open(&store, folder, &ctx), JD_ERR_OPEN);
    assert_non_null(strstr(ctx.message, "is a folder"));
    assert_int_equal(jd_store_open(&store, "/dev/null", &ctx), JD_ERR_OPEN);
}

static void test_open_foreign(void **state)
{
    (void)state;
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    assert_refused(JD_ERR_FORMAT, "not one of jiedao's");
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, H5T_VARIABLE);
    hid_t attribute = H5Acreate2(file, "format", type, space, H5P_DEFAULT, H5P_DEFAULT);
    const char *text = "jiedao";
    H5Awrite(attribute, type, &text);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    H5Fclose(file);
    assert_refused(JD_ERR_FORMAT, "not one of jiedao's");
}

static void set_schema(long long version)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t attribute = H5Aopen(file, "schema_version", H5P_DEFAULT);
    assert_true(attribute >= 0);
    H5Awrite(attribute, H5T_NATIVE_LLONG, &version);
    H5Aclose(attribute);
    H5Fclose(file);
}

static void test_open_other_schema(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    assert_int_equal(write_store(path, &ctx), JD_OK);
    assert_int_equal(read_everything(&ctx), JD_OK);
    set_schema(JD_STORE_SCHEMA + 1);
    assert_refused(JD_ERR_SCHEMA_NEW, "has schema 3, this program reads up to 2");
    set_schema(0);
    assert_refused(JD_ERR_SCHEMA_OLD, "has schema 0, this program reads from 1 on");
}

static void test_open_truncated(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    size_t size;
    assert_int_equal(write_store(path, &ctx), JD_OK);
    char *bytes = load(path, &size);
    for (size_t n = 8; n < size - SEAL; n += 1 + size / 60) {
        save(path, bytes, n);
        assert_refused(JD_ERR_READ, "damaged or cut short");
    }
    save(path, bytes, size - SEAL - 1);
    assert_refused(JD_ERR_READ, "damaged or cut short");
    save(path, bytes, size - 1); /* HDF5's part is whole; it is tried */
    assert_int_equal(read_everything(&ctx), JD_OK);
    free(bytes);
}

/* Any single bit may be wrong: told by the checksum of the whole. */
static void test_one_bit(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    size_t size;
    assert_int_equal(write_store(path, &ctx), JD_OK);
    char *bytes = load(path, &size);
    for (size_t at = 8, bit = 0; at < size - SEAL; at += 1 + size / 100, bit = (bit + 3) % 8) {
        bytes[at] = (char)(bytes[at] ^ (1 << bit));
        save(path, bytes, size);
        assert_refused(JD_ERR_READ, "is damaged: its bytes are not those that were written");
        bytes[at] = (char)(bytes[at] ^ (1 << bit));
    }
    free(bytes);
}

/* Nothing is read from a file that leads out of itself. */
static void test_links_to_other_files(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    static const char *const where[] = {"link", "deep/link", "deep/er/table/x2"};
    for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
        assert_int_equal(write_store(path, &ctx), JD_OK);
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        assert_true(
            H5Lcreate_external("other.h5", "/x", file, where[i], H5P_DEFAULT, H5P_DEFAULT) >= 0);
        H5Fclose(file);
        assert_refused(JD_ERR_FORMAT, "is a link to another file");
    }
}

/* Any single byte may be wrong: an answer, never a crash. */
static void test_read_damaged(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    size_t size;
    int refused = 0, tried = 0;
    assert_int_equal(write_store(path, &ctx), JD_OK);
    char *bytes = load(path, &size);
    size -= SEAL; /* without its checksum it is tried in a child */
    for (size_t at = 8; at < size; at += at < 8192 || at > size - 8192 ? 149 : 9973, tried++) {
        bytes[at] = (char)(bytes[at] ^ 0x41);
        save(path, bytes, size);
        jd_ctx_clear(&ctx);
        refused += read_everything(&ctx) != JD_OK;
        bytes[at] = (char)(bytes[at] ^ 0x41);
    }
    assert_true(refused > tried / 20);
    free(bytes);
}

static void stretch(const char *dataset, hsize_t length)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t opened = H5Dopen2(file, dataset, H5P_DEFAULT);
    hid_t space = H5Dget_space(opened);
    hsize_t dims[3] = {0};
    assert_true(H5Sget_simple_extent_dims(space, dims, NULL) >= 1);
    dims[0] = length;
    assert_true(H5Dset_extent(opened, dims) >= 0);
    H5Sclose(space);
    H5Dclose(opened);
    H5Fclose(file);
}

/* A few bytes may claim any number of rows. */
static void test_read_absurd_extent(void **state)
{
    (void)state;
    static const hsize_t lengths[] = {100000000, (hsize_t)1 << 36, (hsize_t)1 << 62};
    static const char *const names[] = {"record", "firm", "kind", "x", "name"};
    jd_ctx_t ctx = {0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(write_store(path, &ctx), JD_OK);
        stretch("grown/firm", lengths[i]);
        assert_refused(JD_ERR_READ, i < 2 ? "length is not the table's" : "impossibly large");
        for (int c = 0; c < 5; c++) {
            char name[32];
            snprintf(name, sizeof name, "grown/%s", names[c]);
            stretch(name, lengths[i]);
        }
        assert_refused(JD_ERR_READ,
                       i < 2 ? "more cells than the file can hold" : "impossibly large");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_limit),
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_read_only_folder),
        cmocka_unit_test(test_create_errors),
        cmocka_unit_test(test_names_beside_the_target_are_not_ours),
        cmocka_unit_test(test_kill_while_writing),
        cmocka_unit_test(test_open_errors),
        cmocka_unit_test(test_open_foreign),
        cmocka_unit_test(test_open_other_schema),
        cmocka_unit_test(test_open_truncated),
        cmocka_unit_test(test_one_bit),
        cmocka_unit_test(test_links_to_other_files),
        cmocka_unit_test(test_read_damaged),
        cmocka_unit_test(test_read_absurd_extent),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
