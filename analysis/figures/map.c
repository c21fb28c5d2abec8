/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where friction is, who is treated, and where firms go. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "page.h"

static const jd_figure_kind_t kind = {"map", 150.0, 120.0, 85.0};

const jd_column_t jd_map_county_columns[JD_MAP_COLUMNS] = {
    {"x", JD_DOUBLE, "km", "eastward position (or longitude in degrees)", NULL, 0, JD_AXIS_CELL},
    {"y", JD_DOUBLE, "km", "northward position (or latitude in degrees)", NULL, 0, JD_AXIS_CELL},
    {"friction", JD_DOUBLE, "1", "governance friction F", NULL, 0, JD_AXIS_CELL},
    {"treated", JD_INT8, "1", "policy", "0 never treated, 1 treated", 0, JD_AXIS_CELL},
};

const jd_column_t jd_map_flow_columns[JD_FLOW_COLUMNS] = {
    {"x_from", JD_DOUBLE, "km", "origin, eastward", NULL, 0, JD_AXIS_CELL},
    {"y_from", JD_DOUBLE, "km", "origin, northward", NULL, 0, JD_AXIS_CELL},
    {"x_to", JD_DOUBLE, "km", "destination, eastward", NULL, 0, JD_AXIS_CELL},
    {"y_to", JD_DOUBLE, "km", "destination, northward", NULL, 0, JD_AXIS_CELL},
    {"firms", JD_DOUBLE, "firms", "firms that moved", NULL, 0, JD_AXIS_CELL},
};

enum { CLASSES = 4 }; /* widths of arrows */
static const double KM_PER_DEGREE = 111.195;

typedef struct flow {
    double x[4], firms; /* from x, y, to x, y in km */
    int64_t row;
} flow_t;

typedef struct map {
    double east, north; /* km of a unit of x and y */
    jd_range_t x, y, friction;
    int64_t n[2];             /* untreated and treated counties with a place and a friction */
    double step;              /* firms that make a class of widths */
    const jd_column_t *shade; /* by what counties are shaded; NULL = friction */
    flow_t *flows;
    int64_t n_flows;
} map_t;

/* Degrees become km by the equirectangular projection at the mean latitude. */
static void set_projection(map_t *map, const jd_table_t *counties, int y_col, int degrees)
{
    double sum = 0.0, n = 0.0;
    map->east = map->north = 1.0;
    for (int64_t row = 0; degrees && row < counties->rows; row++) {
        double y = jd_figure_cell(counties, y_col, row);
        if (isnan(y)) continue;
        sum += y;
        n += 1.0;
    }
    if (n == 0.0) return;
    map->north = KM_PER_DEGREE;
    map->east = KM_PER_DEGREE * cos(sum / n * 3.14159265358979323846 / 180.0);
}

static void put_counties(FILE *out, map_t *map, const jd_table_t *table, const int *col)
{
    map->x = map->y = map->friction = jd_range_empty();
    for (int treated = 0; treated < 2; treated++) {
        fprintf(out, "$counties%d << EOD\n", treated);
        for (int64_t row = 0; row < table->rows; row++) {
            double x = map->east * jd_figure_cell(table, col[JD_MAP_X], row);
            double y = map->north * jd_figure_cell(table, col[JD_MAP_Y], row);
            double friction = jd_figure_cell(table, col[JD_MAP_FRICTION], row);
            int is_treated = jd_figure_cell(table, col[JD_MAP_TREATED], row) > 0.0;
            if (is_treated != treated || isnan(x) || isnan(y) || isnan(friction)) continue;
            jd_range_add(&map->x, x);
            jd_range_add(&map->y, y);
            jd_range_add(&map->friction, friction);
            map->n[treated]++;
            fprintf(out, "%.10g %.10g %.10g\n", x, y, friction);
        }
        fputs("EOD\n", out);
    }
}

static int by_firms(const void *a, const void *b)
{
    const flow_t *s = a, *t = b;
    if (s->firms != t->firms) return s->firms > t->firms ? -1 : 1;
    return s->row < t->row ? -1 : s->row > t->row;
}

/* The strongest flows between different places, strongest first. */
static int read_flows(map_t *map, const jd_table_t *table, int max_flows, jd_ctx_t *ctx)
{
    int col[JD_FLOW_COLUMNS];
    if (!table || table->rows == 0) return JD_OK;
    int rc = jd_figure_find(&kind, table, jd_map_flow_columns, JD_FLOW_COLUMNS, JD_FLOW_COLUMNS,
                            col, ctx);
    if (rc) return rc;
    size_t bytes = (size_t)table->rows * sizeof *map->flows;
    if (jd_make_unset(&map->flows, bytes, 1, "a map's flows", ctx)) return JD_ERR_NO_MEMORY;
    for (int64_t row = 0; row < table->rows; row++) {
        flow_t flow = {.firms = jd_figure_cell(table, col[JD_FLOW_FIRMS], row), .row = row};
        int there = flow.firms > 0.0;
        for (int k = 0; k < 4; k++) {
            flow.x[k] =
                (k % 2 ? map->north : map->east) * jd_figure_cell(table, col[JD_FLOW_X0 + k], row);
            there = there && !isnan(flow.x[k]);
        }
        if (there && hypot(flow.x[2] - flow.x[0], flow.x[3] - flow.x[1]) > 0.0)
            map->flows[map->n_flows++] = flow;
    }
    qsort(map->flows, (size_t)map->n_flows, sizeof *map->flows, by_firms);
    int64_t most = max_flows > 0 ? max_flows : JD_MAP_FLOWS;
    if (map->n_flows > most) map->n_flows = most;
    int power;
    if (map->n_flows > 0) map->step = jd_round_step(map->flows[0].firms / CLASSES, &power);
    return JD_OK;
}

/* Width class of a flow; classes are equally wide and round. */
static int class_of(const map_t *map, const flow_t *flow)
{
    int class = (int)ceil(flow->firms / map->step) - 1;
    return class < CLASSES ? class : CLASSES - 1;
}

static double class_width(int class)
{
    return 0.8 + 1.1 * class;
}

/* Flows there and back keep right, as cars do, lest one covers the other. */
static void keep_right(flow_t *flow, double km)
{
    double east = flow->x[2] - flow->x[0], north = flow->x[3] - flow->x[1];
    double length = hypot(east, north);
    for (int k = 0; k < 4; k++)
        flow->x[k] += (k % 2 ? -east : north) / length * km;
}

/* One block a class. Returns a mask of the classes that have flows. */
static int put_flows(FILE *out, map_t *map)
{
    int mask = 0;
    double aside = 0.005 * fmax(map->x.high - map->x.low, map->y.high - map->y.low);
    for (int64_t i = 0; i < map->n_flows; i++)
        keep_right(&map->flows[i], aside);
    for (int class = 0; class < CLASSES && map->n_flows > 0; class ++) {
        fprintf(out, "$flows%d << EOD\n", class);
        for (int64_t i = 0; i < map->n_flows; i++) {
            const flow_t *flow = &map->flows[i];
            if (class_of(map, flow) != class) continue;
            fprintf(out, "%.10g %.10g %.10g %.10g\n", flow->x[0], flow->x[1],
                    flow->x[2] - flow->x[0], flow->x[3] - flow->x[1]);
            for (int k = 0; k < 4; k++)
                jd_range_add(k % 2 ? &map->y : &map->x, flow->x[k]);
            mask |= 1 << class;
        }
        fputs("EOD\n", out);
    }
    return mask;
}

/* Grows the narrower range until a km is as long on both axes of the box. */
static void equal_aspect(map_t *map, const jd_box_t *box)
{
    jd_range_pad(&map->x, 0.03);
    jd_range_pad(&map->y, 0.03);
    double across = (map->x.high - map->x.low) / (box->right - box->left);
    double up = (map->y.high - map->y.low) / (box->top - box->bottom);
    jd_range_t *narrow = across < up ? &map->x : &map->y;
    double more = across < up ? (up - across) * (box->right - box->left)
                              : (across - up) * (box->top - box->bottom);
    narrow->low -= more / 2.0;
    narrow->high += more / 2.0;
}

/* A bar of 1, 2 or 5 times a power of ten km, a tenth to a quarter of the map's width. */
static void put_scale(const jd_page_t *page, const map_t *map, const jd_box_t *box)
{
    int power;
    double width = map->x.high - map->x.low, length = jd_round_step(width / 10.0, &power);
    double mm = length / width * (box->right - box->left), left = box->left + 2.0, y = 7.5;
    fputs("set arrow from ", page->out);
    jd_put_place(page, left, y);
    fputs(" to ", page->out);
    jd_put_place(page, left + mm, y);
    fputs(" heads size screen 0.006,90 lw 1.5 lc rgb '#333333'\n", page->out);
    fprintf(page->out, "set label '%.10g km' at ", length);
    jd_put_place(page, left + mm / 2.0, y - 3.5);
    fputs(" center\n", page->out);
}

static void put_colours(const jd_page_t *page, map_t *map, const jd_box_t *box)
{
    double bar = fmin(50.0, box->top - box->bottom);
    if (!map->shade) {
        map->friction.low = floor(map->friction.low * 20.0) / 20.0;
        map->friction.high = ceil(map->friction.high * 20.0) / 20.0;
    }
    jd_range_pad(&map->friction, 0.0);
    fputs("set palette defined (0 '#F7FBFF', 0.25 '#C6DBEF', 0.5 '#6BAED6', 0.75 '#2171B5',"
          " 1 '#08306B')\n",
          page->out);
    jd_put_axis(page->out, "cb", &map->friction, 8);
    fprintf(page->out,
            "set colorbox vertical user origin screen %.5f, screen %.5f size screen %.5f, screen "
            "%.5f border 100\n",
            (box->right + 4.0) / page->width, ((box->bottom + box->top) - bar) / 2.0 / page->height,
            3.0 / page->width, bar / page->height);
    fputs("set cbtics scale 0.4 offset -0.6,0\nset label ", page->out);
    if (map->shade) {
        jd_put_label(page->out, map->shade->label, map->shade->unit);
    } else {
        fputs("'Governance friction F (of 0 to 1)'", page->out);
    }
    fputs(" at ", page->out);
    jd_put_place(page, box->right + 16.0, (box->bottom + box->top) / 2.0);
    fputs(" center rotate by 90\n", page->out);
}

static void plot_counties(jd_page_t *page, const map_t *map, double size)
{
    for (int t = 0; t < 2; t++) {
        if (map->n[t] == 0) continue;
        jd_page_plot(page);
        fprintf(page->out,
                "$counties%d using 1:2:3 with points pt %d ps %.3f lc palette, \\\n"
                "     $counties%d using 1:2 with points pt %d ps %.3f lw %.2f lc rgb '%s'",
                t, t ? 5 : 7, size, t, t ? 4 : 6, size, (t ? 1.6 : 0.6) * size,
                t ? "#000000" : "#777777");
    }
}

/* White below orange: seen on light and dark counties, in colour and in grey. */
static void plot_flows(jd_page_t *page, int mask)
{
    for (int class = 0; class < CLASSES; class ++) {
        if (!(mask & 1 << class)) continue;
        double width = class_width(class);
        jd_page_plot(page);
        fprintf(page->out,
                "$flows%d using 1:2:3:4 with vectors nohead lw %.2f lc rgb '#FFFFFF', \\\n"
                "     $flows%d using 1:2:3:4 with vectors head filled size screen %.4f,22 "
                "lw %.2f lc rgb '" JD_RED "'",
                class, width + 1.6, class, 0.007 + 0.0025 * class, width);
    }
}

static void put_legend(jd_page_t *page, const map_t *map, int mask)
{
    static const jd_look_t looks[2] = {{"#777777", NULL, "pt 6 ps 0.7 lw 0.8"},
                                       {"#000000", NULL, "pt 4 ps 0.7 lw 1.2"}};
    static const char *const names[2] = {"never treated", "treated"};
    if (jd_page_wide(page))
        jd_page_legend(page, page->width * 0.34, 8.0, page->width * 0.2, 2);
    else
        jd_page_legend(page, 26.0, 11.5, 30.0, 3);
    for (int t = 0; t < 2; t++)
        if (map->n[t] > 0) jd_page_entry(page, &looks[t], names[t]);
    for (int class = 0; class < CLASSES; class ++) {
        if (!(mask & 1 << class)) continue;
        char line[32], title[64];
        snprintf(line, sizeof line, "dt 1 lw %.2f", class_width(class));
        snprintf(title, sizeof title, "up to %.10g firms", map->step * (class + 1));
        jd_look_t look = {JD_RED, line, NULL};
        jd_page_entry(page, &look, title);
    }
}

int jd_figure_map_script(FILE *out, const jd_table_t *counties, const jd_table_t *flows,
                         int degrees, int max_flows, const jd_figure_options_t *options,
                         jd_ctx_t *ctx)
{
    int col[JD_MAP_COLUMNS];
    map_t map = {0};
    int rc = jd_figure_find(&kind, counties, jd_map_county_columns, JD_MAP_COLUMNS, JD_MAP_COLUMNS,
                            col, ctx);
    if (rc) return rc;
    if (strcmp(counties->columns[col[JD_MAP_FRICTION]].label,
               jd_map_county_columns[JD_MAP_FRICTION].label) != 0)
        map.shade = &counties->columns[col[JD_MAP_FRICTION]];
    set_projection(&map, counties, col[JD_MAP_Y], degrees);
    rc = read_flows(&map, flows, max_flows, ctx);
    if (rc) goto out;

    jd_page_t page;
    jd_page_begin(&page, out, &kind, options);
    put_counties(out, &map, counties, col);
    int mask = put_flows(out, &map);
    if (map.n[0] + map.n[1] == 0) {
        rc = jd_figure_nothing(&kind, counties, "x, y and friction", ctx);
        goto out;
    }
    jd_box_t box = {2.0, page.width - 20.0, 15.0, page.top - 1.0};
    equal_aspect(&map, &box);
    jd_page_panel(&page, &box, NULL, 0.0);
    fputs("unset border\nunset tics\n", out);
    fprintf(out, "set xrange [%.10g:%.10g]\nset yrange [%.10g:%.10g]\n", map.x.low, map.x.high,
            map.y.low, map.y.high);
    put_scale(&page, &map, &box);
    put_colours(&page, &map, &box);
    put_legend(&page, &map, mask);
    double area = (box.right - box.left) * (box.top - box.bottom);
    double spread = sqrt(area / (double)(map.n[0] + map.n[1]));
    plot_counties(&page, &map, fmax(0.15, fmin(0.9, 0.19 * spread)));
    plot_flows(&page, mask);
    jd_page_drawn(&page);
    jd_page_end(&page);
out:
    free(map.flows);
    return rc;
}

int jd_figure_map(const jd_table_t *counties, const jd_table_t *flows, int degrees, int max_flows,
                  const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    jd_sheet_t sheet = {0};
    int rc = jd_sheet_open(&sheet, &kind, options, ctx);
    jd_sheet_shows(&sheet, counties);
    jd_sheet_shows(&sheet, flows);
    if (!rc)
        rc = jd_figure_map_script(sheet.script, counties, flows, degrees, max_flows, options, ctx);
    return jd_sheet_close(&sheet, rc, ctx);
}
