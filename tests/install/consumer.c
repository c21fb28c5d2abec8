/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user of the installed libraries might write first: all three are called. */
#include <stdio.h>

#include <jiedao/config.h>
#include <jiedao/table.h>
#include <jiedao/version.h>

int main(void)
{
    static const jd_column_t columns[] = {{.name = "y", .type = JD_DOUBLE, .unit = "1"}};
    jd_table_t table = {0};
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    int rc = jd_table_init(&table, "consumer", "a table", columns, 1, 8, &ctx);
    jd_table_free(&table);
    char quarter[8];
    printf("jiedao %s: %s, %s\n", jd_version(), jd_error_text(rc),
           jd_quarter_text(4 * 2020, quarter, sizeof quarter));
    return rc || jd_abi() < 1 || jd_version_number() != JD_VERSION_NUMBER;
}
