/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options docs/inference.md names give R's numbers, on a panel that is unbalanced, weighted and
 * collinear, with few clusters that units stay in (region) or move between (m). Numbers: R 4.2.2,
 * sandwich 3.0-2, clubSandwich 0.5.8 on lm() and glm() with dummies. */
#include "support.h"

#include <math.h>

#include "cli/program.h"

static said_t said;

typedef struct {
    const char *call, *options;
    double se, p;
} row_t;

static const double TWFE = 1.71435756548606, POISSON = 0.1419515399397, MEAN = 1.1456878346121;

static const row_t LINEAR[] = {
    {"lm", "--vcov iid --k-fixed full --k-exact", 0.843988079876393, 0.0457725132839663},
    {"lm, a fixed effect named twice", "--vcov iid --fe t", 0.843988079876393, 0.0457725132839663},
    {"vcovHC HC0", "--vcov hc1 --no-k-adjustment", 0.756556134532241, 0.0263362337217855},
    {"vcovHC HC1", "--vcov hc1 --k-fixed full --k-exact", 0.886602880091057, 0.0569329192836662},
    {"vcovHC HC2", "--vcov hc2", 0.930374007534232, 0.0693314208388204},
    {"vcovHC HC3", "--vcov hc3", 1.15116259200555, 0.140617399333203},
    {"vcovCR CR0", "--cluster region --no-k-adjustment --no-cluster-adjustment", 0.236554346161788,
     0.00541956815698283},
    {"vcovCR CR1, Satterthwaite", "--cluster region --no-k-adjustment --satterthwaite",
     0.273149430868969, 0.0125676058868276},
    {"vcovCR CR1S, vcovCL HC1", "--cluster region --k-fixed full --k-exact", 0.318544238300266,
     0.0125651677465778},
    {"vcovCR CR2", "--cluster region --vcov cr2", 0.328424400137331, 0.0235940572129531},
    {"vcovCR CR1, Satterthwaite", "--cluster m --no-k-adjustment --satterthwaite", 1.03289492348485,
     0.179860305399447},
    {"vcovCR CR1S, vcovCL HC1", "--cluster m --k-fixed full --k-exact", 1.20455212225402,
     0.227758041707133},
    {"vcovCR CR2", "--cluster m --vcov cr2", 1.2287851793019, 0.241163099518879},
    {"vcovCR CR3", "--cluster m --vcov cr3", 1.63866365730406, 0.358949672740057},
    {"vcovCL of two ways", "--cluster i,t --k-fixed full --k-exact --own-cluster-factors",
     1.3256717046199, 0.252464737755808},
    {"vcovPL, not aggregated",
     "--vcov newey_west --lag 2 --no-k-adjustment --no-cluster-adjustment", 0.834928313534933,
     0.0952419895591455},
    {"vcovPL", "--vcov driscoll_kraay --lag 2 --no-k-adjustment --no-cluster-adjustment",
     0.558273210401259, 0.0277578339582701},
};

/* Of an event study's mean effect, a coefficient of its own in R. */
static const row_t EVENTS[] = {
    {"vcovCR CR1, Satterthwaite", "--cluster region --no-k-adjustment --satterthwaite",
     0.57334279011112, 0.177347468560355},
    {"vcovCR CR2", "--cluster m --vcov cr2", 0.969864510271303, 0.303301624722571},
};

static const row_t COUNT[] = {
    {"glm", "--vcov iid --no-k-adjustment", 0.133667069778523, 0.288245494412375},
    {"vcovHC HC0", "--vcov hc1 --no-k-adjustment", 0.200928381112397, 0.479890746458218},
    {"vcovCL HC0", "--cluster region --no-k-adjustment", 0.0629396260535811, 0.0241107165002849},
};

/* Whole numbers and quarters, so that R's file is this one. */
static int write_panel(void **state)
{
    (void)state;
    char path[128];
    run_program(&said, "version");
    snprintf(path, sizeof path, "%s/panel.csv", getenv("HERE"));
    FILE *out = fopen(path, "w");
    if (!out) return 1;
    fprintf(out, "i,t,cohort,region,m,w,x1,x2,x3,y,n\n");
    for (int i = 0; i < 20; i++)
        for (int t = 1; t <= 6; t++) {
            if ((5 * i + 3 * t) % 7 == 0) continue;
            int cohort = (const int[]){0, 3, 5}[i % 3], treated = cohort > 0 && t >= cohort;
            double x1 = (7 * i + 5 * t * t + i * t) % 11 / 2.0;
            double x2 = (3 * i + 11 * t + i * i * t) % 13 / 4.0;
            double y = 1.5 * treated + (13 * i * i + 7 * t * i + 29 * t * t + 5 * i) % 31 / 4.0;
            fprintf(out, "%d,%d,%d,%d,%d,%d,%g,%g,%g,%g,%d\n", i, t, cohort, i * i % 6,
                    (i + 2 * t) % 5, 1 + (3 * i + t) % 4, x1, x2, x1 + 2 * x2, y,
                    (3 * i + 5 * t * t + i * i * t) % 7);
        }
    return fclose(out);
}

static int is_near(double a, double b)
{
    return fabs(a - b) <= 1e-10 * fabs(b);
}

static void compare(const char *estimator, const char *y, double b, const row_t *row, int rows)
{
    for (; rows-- > 0; row++) {
        char line[512];
        double value, se, p;
        snprintf(line, sizeof line,
                 "did panel.csv --y %s --unit i --time t --cohort cohort --x x1,x2,x3 --weights w "
                 "--estimator %s --keep-singletons --threads 1 --format csv -q %s",
                 y, estimator, row->options);
        run_program(&said, line);
        const char *at = strstr(said.out, ",att,att,");
        if (said.status != 0 || !at) fail_msg("%s: %s", line, said.err);
        if (sscanf(at, ",att,att,%lf,%lf,%*f,%*f,%lf", &value, &se, &p) != 3) fail_msg("%s", at);
        if (!is_near(value, b) || !is_near(se, row->se) || !is_near(p, row->p))
            fail_msg("%s: %s gives %.15g (%.15g, p %.15g), R %.15g (%.15g, p %.15g)", row->call,
                     row->options, value, se, p, b, row->se, row->p);
    }
}

static void test_linear(void **state)
{
    (void)state;
    compare("twfe", "y", TWFE, LINEAR, (int)(sizeof LINEAR / sizeof *LINEAR));
}

static void test_events(void **state)
{
    (void)state;
    compare("event_study", "y", MEAN, EVENTS, (int)(sizeof EVENTS / sizeof *EVENTS));
}

static void test_poisson(void **state)
{
    (void)state;
    compare("poisson", "n", POISSON, COUNT, (int)(sizeof COUNT / sizeof *COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_poisson),
    };
    return cmocka_run_group_tests(tests, write_panel, remove_here);
}
