/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as a config: no crash, no leak, no endless loop; what is read must read back the same.
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/test_config_sections.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int set_value(void *user, const char *section, const jd_param_t *param, const char *value,
                     bool given)
{
    char text[2048];
    (void)given;
    snprintf(text, sizeof text, "%s.%s=%s", section, param->name, value);
    return jd_config_set(user, "--set", text, NULL);
}

/* Every value written out must be taken again, and give the same config. */
static void check_round_trip(const jd_config_t *config)
{
    jd_config_t *copy;
    if (jd_config_create(&copy, test_sections, N_TEST_SECTIONS, NULL) != JD_OK) return;
    if (jd_config_each(config, set_value, copy) != JD_OK) abort();
    if (jd_config_hash(copy) != jd_config_hash(config)) abort();
    jd_config_free(copy);
}

/* The text's first line as an override, the whole as a file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static jd_ctx_t ctx;
    jd_config_t *config;
    jd_ctx_clear(&ctx);
    if (jd_config_create(&config, test_sections, N_TEST_SECTIONS, &ctx) != JD_OK) return 0;
    char *text = malloc(size + 1);
    if (text) {
        memcpy(text, data, size);
        text[size] = '\0';
        jd_config_ignore(config, test_ignored);
        int read = jd_config_read_text(config, "fuzz.ini", text, &ctx);
        if ((read != JD_OK) != (ctx.n_errors > 0)) abort();
        text[strcspn(text, "\n")] = '\0';
        int set = jd_config_set(config, "--set", text, &ctx);
        if (read == JD_OK && (set != JD_OK) != (ctx.n_errors > 0)) abort();
        (void)!jd_config_finish(config, &ctx);
        check_round_trip(config);
    }
    free(text);
    jd_config_free(config);
    return 0;
}
