/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A random small panel and random options of `jiedao did`, valid ones as a rule: every input comes
 * as far as the estimators, where free text would mostly be refused by the reader.
 *
 * HEAD bytes say what the panel is like; each three that follow are an option and its value, by the
 * table of options itself. JIEDAO_FUZZ_SHOW=1 prints the line, the data and the answer. */
#include <stdarg.h>

#include "fuzz/did_request.h"

enum { HEAD = 16, MAX_OPTIONS = 12, MAX_WORDS = 40, WORD = 96, MAX_CSV = 65536 };

/* What a byte of the head says. */
enum {
    UNITS,
    PERIODS,
    CALENDAR,
    COHORTS,
    TREATMENT,
    OUTCOME,
    HOLES,
    COVARIATES,
    WEIGHTS,
    CLUSTERS,
    DOSES,
    PLACES,
    ORDER,
    SEED /* and the rest */
};

typedef struct {
    const uint8_t *head;
    uint64_t state;
    char csv[MAX_CSV];
    size_t length;
} panel_t;

static uint64_t draw(panel_t *p)
{
    uint64_t x = p->state += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Between -1 and 1. */
static double noise(panel_t *p)
{
    return (double)(int64_t)(draw(p) >> 11) * 0x1p-52 - 1;
}

static bool chance(panel_t *p, int of)
{
    return draw(p) % (unsigned)of == 0;
}

__attribute__((format(printf, 2, 3))) static void put(panel_t *p, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vsnprintf(p->csv + p->length, sizeof p->csv - p->length, format, list);
    va_end(list);
    if (n > 0 && p->length + (size_t)n < sizeof p->csv) p->length += (size_t)n;
}

static void put_period(panel_t *p, int t)
{
    static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                         "jul", "aug", "sep", "oct", "nov", "dec"};
    switch (p->head[CALENDAR] % 16) {
    case 0:
    case 1:
        put(p, "%d", t + 1);
        return;
    case 2:
        put(p, "%d", 2000 + t);
        return;
    case 3:
        put(p, "%dQ%d", 2018 + t / 4, t % 4 + 1);
        return;
    case 4:
        put(p, "%d", 2000 + 2 * t + (t > 3));
        return;
    case 5:
        put(p, "%d-%02d-15", 2019 + t / 12, t % 12 + 1);
        return;
    case 6:
        put(p, "%d", t - 4);
        return;
    case 8:
        put(p, "2019W%02d", 2 * t + 40);
        return;
    case 9:
        put(p, "%02d%s%d", 1 + t, months[3 * t % 12], 2018 + t / 4);
        return;
    case 10:
        put(p, "%dH%d", 2015 + t / 2, t % 2 + 1);
        return;
    case 11:
        put(p, "%d/%d/2020", t + 1, 3 * t + 1);
        return;
    case 12:
        put(p, "2019M%d", t + 1 + t / 3);
        return;
    case 13:
        put(p, "%dw%d", 2018 + t / 3, 1 + 17 * (t % 3));
        return;
    case 14: /* days of trading */
        put(p, "2019-07-%02d 09:30:00", 1 + t + 2 * (t / 5));
        return;
    case 15:
        put(p, "%d.0", 1990 + 5 * t);
        return;
    default:
        put(p, "%d", t * 1000003);
    }
}

static double outcome(panel_t *p, int unit, int t, bool treated)
{
    double plain = 0.3 * unit + 0.7 * t + treated;
    switch (p->head[OUTCOME] % 8) {
    case 0:
    case 1:
        return plain + noise(p);
    case 2:
        return plain;
    case 3:
        return 5;
    case 4:
        return (double)(draw(p) % 4) * (unit % 3 > 0);
    case 5:
        return 1e305 * noise(p);
    case 6:
        return 1e-305 * (plain + noise(p));
    default:
        return 1e9 + 1e-6 * noise(p);
    }
}

static double covariate(panel_t *p, int which, int unit, int t)
{
    switch ((p->head[COVARIATES] >> (2 * which)) % 4) {
    case 0:
        return noise(p);
    case 1:
        return unit % 3;
    case 2:
        return which ? t : 1;
    default:
        return 1e12 + (double)(unit * t % 5);
    }
}

static double weight(panel_t *p, int unit)
{
    switch (p->head[WEIGHTS] % 5) {
    case 0:
        return 1 + noise(p);
    case 1:
        return unit % 4;
    case 2:
        return exp(20 * noise(p));
    case 3:
        return 0;
    default:
        return 1 + unit % 3;
    }
}

static double dose(panel_t *p, int unit, bool treated)
{
    switch (p->head[DOSES] % 4) {
    case 0:
        return treated ? 1 + unit % 5 : 0;
    case 1:
        return treated ? noise(p) : 0;
    case 2:
        return (double)(draw(p) % 3);
    default:
        return treated ? 1 + unit * 0.37 : 0;
    }
}

static void put_place(panel_t *p, int unit)
{
    switch (p->head[PLACES] % 3) {
    case 0:
        put(p, "30,110,");
        return;
    case 1:
        put(p, "%g,%g,", 30 + 0.1 * (unit % 5), 110 + 0.1 * unit);
        return;
    default:
        put(p, "%g,%g,", 90 * (unit % 3) - 90.0, 90 * (unit % 5) - 180.0);
    }
}

/* Period of adoption, counted from 0; -1 = never. Up to four cohorts; some are treated from the
 * start, and some panels have nobody who is never treated. */
static int adoption(const panel_t *p, int unit, int n_periods)
{
    const uint8_t byte = p->head[COHORTS];
    const int n = byte % 5, groups = n + (byte & 64 ? 0 : 1);
    const int which = groups ? unit % groups : n;
    if (which == n) return -1;
    return byte & 128 ? which * n_periods / n : (which + 1) * n_periods / (n + 1);
}

static void put_row(panel_t *p, int unit, int t, int n_periods)
{
    const uint8_t *head = p->head;
    const int first = adoption(p, unit, n_periods);
    bool treated = first >= 0 && t >= first;
    if (head[TREATMENT] & 1 && treated) treated = (t - first) % 3 < 2; /* it ends, and returns */
    const int n_clusters = 1 + head[CLUSTERS] % 12;
    if (head[HOLES] % 4 && chance(p, 4 + head[HOLES] % 16)) return;
    if (head[HOLES] & 128 && chance(p, 20))
        put(p, ",");
    else
        put(p, "%.17g,", outcome(p, unit, t, treated));
    put(p, head[UNITS] & 128 ? "u%d," : "%d,", unit + 1);
    put_period(p, t);
    put(p, ",");
    if (first >= 0)
        put_period(p, first);
    else
        put(p, "%s", head[TREATMENT] & 2 ? "" : "0");
    put(p, ",%d,%.9g,%d,%.17g,%.17g,%.17g,", treated, dose(p, unit, treated), unit % 2,
        covariate(p, 0, unit, t), covariate(p, 1, unit, t), weight(p, unit));
    put(p, "%d,%d,", (head[CLUSTERS] & 128 ? unit + t : unit) % n_clusters, t % 3);
    put_place(p, unit);
    put(p, "s%d\n", unit % 4);
}

/* The same file with semicolons, and with decimal commas. */
static void change_signs(panel_t *p)
{
    const bool commas = p->head[ORDER] & 8;
    for (char *at = p->csv; at < p->csv + p->length; at++)
        if (*at == ',')
            *at = ';';
        else if (*at == '.' && commas)
            *at = ',';
}

static void write_panel(panel_t *p)
{
    const int n_units = 2 + p->head[UNITS] % 23, n_periods = 2 + p->head[PERIODS] % 9;
    memcpy(&p->state, p->head + SEED, HEAD - SEED);
    put(p, "y,id,t,g,d,dose,e,x1,x2,w,c,c2,lat,lon,s\n");
    for (int i = 0; i < n_units * n_periods; i++) {
        int at = i;
        if (p->head[ORDER] & 1) at = n_units * n_periods - 1 - i;
        if (p->head[ORDER] & 2)
            put_row(p, at % n_units, at / n_units, n_periods);
        else
            put_row(p, at / n_periods, at % n_periods, n_periods);
        if (p->head[ORDER] > 250 && chance(p, 30)) put_row(p, 0, 0, n_periods); /* twice */
    }
    if (p->head[ORDER] & 4) change_signs(p);
    did_write_data(p->csv, p->length);
}

typedef struct {
    char text[MAX_WORDS][WORD];
    int n;
} line_t;

__attribute__((format(printf, 2, 3))) static void say(line_t *line, const char *format, ...)
{
    va_list list;
    if (line->n == MAX_WORDS) return;
    va_start(list, format);
    vsnprintf(line->text[line->n++], WORD, format, list);
    va_end(list);
}

#define PICK(list, i) ((list)[(i) % (sizeof(list) / sizeof *(list))])

static const char *any_estimator(unsigned i)
{
    unsigned n = 0;
    while (jd_estimators[n])
        n++;
    return jd_estimators[i % n]->name;
}

/* Three times of four an option names a column made for it, else any column. */
static const char *column_for(const char *option, unsigned a, unsigned b)
{
    static const char *const columns[] = {
        "x1",       "x2",      "x1,x2",     "c",       "c2",    "c,c2",    "id",
        "t",        "id,t",    "e",         "w",       "s",     "dose",    "d",
        "g",        "id^c2",   "c^t",       "id[t]",   "c[x1]", "c[[x1]]", "id[[t]]",
        "id,t,c^t", "lat,lon", "x1,id[x2]", "nowhere", "y"};
    static const struct {
        const char *option, *column[4];
    } made[] = {
        {"y", {"y", "y", "x1", "dose"}},
        {"unit", {"id", "id", "id", "c"}},
        {"time", {"t", "t", "t", "c2"}},
        {"cohort", {"g", "g", "g", "c2"}},
        {"treat", {"d", "d", "d", "e"}},
        {"dose", {"dose", "dose", "x1", "d"}},
        {"eligible", {"e", "e", "e", "d"}},
        {"weights", {"w", "w", "w", "dose"}},
        {"strata", {"s", "c", "e", "g"}},
        {"cluster", {"c", "c", "s", "c,c2"}},
        {"predict-het", {"x1", "w", "e", "x1,x2"}},
        {"x", {"x1", "x2", "x1,x2", "w"}},
        {"coords", {"lat,lon", "lat,lon", "lat,lon", "lat,lon"}},
    };
    for (size_t i = 0; b % 4 && i < sizeof made / sizeof *made; i++)
        if (!strcmp(option, made[i].option)) return made[i].column[a % 4];
    return PICK(columns, a);
}

/* A value of an option that names something. */
static void say_text(line_t *line, const char *option, unsigned a, unsigned b)
{
    static const char *const diagnostics[] = {
        "bacon", "twfe_weights",  "honest",       "pretrend", "effects_equal",
        "wild",  "randomisation", "conley_taber", "all",      "wild,randomisation"};
    static const char *const never[] = {"", "0", "9999", "0,9999,NA", "5", "inf"};
    static const char *const files[] = {"made.svg", "made.csv", "made"};
    static const char *const signs[] = {"comma", "semicolon", "tab", "point", "|", "\\t", "no"};
    static const char *const missing[] = {"", "5", "0", "-999,n.a.", "1"};
    if (!strcmp(option, "estimator") && b % 16 == 15)
        say(line, "--estimator=all");
    else if (!strcmp(option, "estimator"))
        say(line, b % 4 ? "--estimator=%s" : "--estimator=%s,%s", any_estimator(a),
            any_estimator(b / 4));
    else if (!strcmp(option, "diagnose"))
        say(line, "--diagnose=%s", PICK(diagnostics, a));
    else if (!strcmp(option, "never"))
        say(line, "--never=%s", PICK(never, a));
    else if (!strcmp(option, "missing"))
        say(line, "--missing=%s", PICK(missing, a));
    else if (!strcmp(option, "separator") || !strcmp(option, "decimal"))
        say(line, "--%s=%s", option, PICK(signs, a));
    else if (strstr(option, "plot") || !strcmp(option, "outcome-weights"))
        say(line, "--%s=%s", option, PICK(files, a));
    else
        say(line, "--%s=%s", option, column_for(option, a, b));
}

static void say_numbers(line_t *line, const jd_option_t *row, unsigned a, unsigned b)
{
    static const char *const ranges[] = {"-1:1", "-2:2", "-3:0",  "0:2",
                                         "1:2",  "-2:",  ":1",    ":",
                                         "0:0",  "-9:9", "-1:-1", "-1000000:1000000",
                                         "1:",   "2:1"};
    static const char *const numbers[] = {
        "0.5,1,2", "0",   "25,50", "1",   "10,20,400", "-1",  "1e300",     "0.01",
        "1,1,1",   "2,1", "100",   "nan", "1e-300",    "0,1", "1,2,3,4,5", "20000"};
    static const char *const lists[] = {"-1", "-2",   "-1,-2", "0",       "-9",      "-3,-2,-1",
                                        "1",  "-2,0", "all",   "1000000", "-1000000"};
    static const int steps[] = {0, 1, 2, 3, 5, 10, 64, 1000, 1000000, INT32_MAX, -1};
    switch (row->read) {
    case JD_READ_RANGE:
        say(line, "--%s=%s", row->name, PICK(ranges, a));
        return;
    case JD_READ_NUMBERS:
    case JD_READ_SIZE:
        say(line, "--%s=%s", row->name, PICK(numbers, a));
        return;
    case JD_READ_LIST:
        say(line, "--%s=%s", row->name, PICK(lists, a));
        return;
    case JD_READ_SHARE:
        say(line, "--%s=%g", row->name, (a + 1) / 256.0);
        return;
    case JD_READ_SEED:
        say(line, "--%s=%u", row->name, a * 256 + b);
        return;
    default: {
        int x = b % 8 ? (int)(a % 6) : PICK(steps, a);
        if (b % 8) x = x < row->low ? row->low : x > row->high ? row->high : x;
        say(line, "--%s=%d", row->name, x);
    }
    }
}

static void say_option(line_t *line, const uint8_t bytes[3])
{
    unsigned n = 0, a = bytes[1], b = bytes[2], n_choices = 0;
    while (jd_did_option_rows()[n].name)
        n++;
    const jd_option_t *row = &jd_did_option_rows()[bytes[0] % n];
    if (!strcmp(row->name, "table")) return; /* of other files */
    switch (row->read) {
    case JD_READ_SWITCH:
        say(line, "--%s", row->name);
        return;
    case JD_READ_CHOICE:
        while (row->choices[n_choices])
            n_choices++;
        say(line, "--%s=%s", row->name, row->choices[a % n_choices]);
        return;
    case JD_READ_TEXT:
        say_text(line, row->name, a, b);
        return;
    default:
        say_numbers(line, row, a, b);
    }
}

/* The word that begins like this, or NULL. */
static char *find(line_t *line, const char *start)
{
    for (int i = 0; i < line->n; i++)
        if (!strncmp(line->text[i], start, strlen(start))) return line->text[i];
    return NULL;
}

/* The columns every line names, unless an option names another. Diagnostics and the bootstrap are
 * of one or two estimators: those of all of them take seconds. */
static void say_rest(line_t *line, const uint8_t *head)
{
    static const char *const treatments[] = {"--cohort=g", "--treat=d", "--cohort=g", "--cohort=g",
                                             "--dose=dose"};
    char *estimator = find(line, "--estimator=");
    if (!find(line, "--y=")) say(line, "--y=y");
    if (!find(line, "--unit=")) say(line, "--unit=id");
    if (!find(line, "--time=")) say(line, "--time=t");
    if (!find(line, "--cohort=") && !find(line, "--treat="))
        say(line, "%s", PICK(treatments, head[TREATMENT] / 4));
    const bool long_work = find(line, "--diagnose=") || find(line, "--bootstrap=");
    if (long_work && !estimator)
        say(line, "--estimator=%s", any_estimator(head[SEED]));
    else if (long_work && !strcmp(estimator, "--estimator=all"))
        snprintf(estimator, WORD, "--estimator=%s", any_estimator(head[SEED]));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static panel_t panel;
    static line_t line;
    char *words[MAX_WORDS];
    if (size < HEAD) return 0;
    panel.head = bytes;
    panel.length = 0;
    panel.state = 0;
    line.n = 0;
    write_panel(&panel);
    for (size_t at = HEAD; at + 3 <= size && at < HEAD + 3 * MAX_OPTIONS; at += 3)
        say_option(&line, bytes + at);
    say_rest(&line, bytes);
    for (int i = 0; i < line.n; i++)
        words[i] = line.text[i];
    if (getenv("JIEDAO_FUZZ_SHOW")) {
        for (int i = 0; i < line.n; i++)
            fprintf(stderr, "'%s' ", words[i]);
        fprintf(stderr, "\n%.*s", (int)panel.length, panel.csv);
    }
    did_answer(line.n, words);
    return 0;
}
