/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/html.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/text.h"

/* ---- The frame ---- */

/* Nothing may be fetched, whatever a file's texts say. */
static const char policy[] =
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n";

static const char style[] =
    ":root{color-scheme:light dark;--fg:#1a1a1a;--bg:#fff;--soft:#595959;--line:#c8c8c8;"
    "--head:#f1f3f5;--link:#0b57a4}\n"
    "@media (prefers-color-scheme:dark){:root{--fg:#e8e8e8;--bg:#16181b;--soft:#a8adb3;"
    "--line:#43484e;--head:#23272b;--link:#8ab8f0}}\n"
    "body{font:16px/1.5 system-ui,'Noto Sans','Noto Sans CJK SC',sans-serif;color:var(--fg);"
    "background:var(--bg);max-width:70rem;margin:0 auto;padding:1rem 1.25rem 4rem}\n"
    "h1{line-height:1.2}h2{margin-top:2.5rem;border-top:2px solid var(--line);padding-top:1rem}\n"
    "a{color:var(--link)}.soft{color:var(--soft)}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.875rem;"
    "font-variant-numeric:tabular-nums}\n"
    "caption{text-align:left;font-weight:600;padding:.75rem 0 .25rem}\n"
    "th,td{padding:.2rem .6rem;border-bottom:1px solid var(--line);text-align:left;"
    "vertical-align:top}th{background:var(--head)}td.n,th.n{text-align:right;white-space:nowrap}\n"
    "th button{all:unset;cursor:pointer;font-weight:600}th button:focus-visible{outline:2px solid "
    "var(--link)}\n"
    "th[aria-sort=ascending] button::after{content:' \\2191'}"
    "th[aria-sort=descending] button::after{content:' \\2193'}\n"
    "button.copy{font:inherit;font-size:.8rem;margin:.25rem 0 1rem}\n"
    "figure{margin:1.5rem 0;padding:.75rem;background:#fff;border:1px solid var(--line);"
    "color:#1a1a1a}figure svg{width:100%;height:auto;max-width:56rem;display:block}\n"
    "figcaption{font-size:.9rem;color:#444}details{margin:1rem 0}\n"
    "@media print{body{max-width:none;padding:0;font-size:10pt;color:#000;background:#fff}"
    "button.copy{display:none}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}"
    ".wide{overflow:visible}table{font-size:8pt}}\n";

/* Sorting by a column's numbers or texts, empty cells last; copying as tab-separated text. */
static const char script[] =
    "'use strict';\n"
    "function key(row,i){const c=row.cells[i];return c.dataset.v!==undefined?c.dataset.v:"
    "c.textContent;}\n"
    "function sortBy(th){const table=th.closest('table'),body=table.tBodies[0],i=th.cellIndex,"
    "number=th.classList.contains('n'),down=th.getAttribute('aria-sort')==='ascending';\n"
    "for(const o of th.parentNode.cells)o.removeAttribute('aria-sort');"
    "th.setAttribute('aria-sort',down?'descending':'ascending');\n"
    "const rows=Array.from(body.rows);rows.sort((a,b)=>{const x=key(a,i),y=key(b,i);"
    "if(x===''||y==='')return (x==='')-(y==='');"
    "const d=number?Number(x)-Number(y):x.localeCompare(y);return down?-d:d;});\n"
    "body.append(...rows);}\n"
    "function copy(button){const rows=button.previousElementSibling.querySelectorAll('tr'),"
    "text=Array.from(rows,r=>Array.from(r.cells,c=>c.dataset.v!==undefined?c.dataset.v:"
    "c.textContent).join('\\t')).join('\\n'),said=button.textContent;\n"
    "const done=()=>{button.textContent='Copied';setTimeout(()=>{button.textContent=said;},1500);"
    "};\n"
    "const area=document.createElement('textarea');area.value=text;document.body.append(area);"
    "area.select();if(document.execCommand('copy'))done();area.remove();}\n"
    "for(const b of document.querySelectorAll('th button'))"
    "b.addEventListener('click',()=>sortBy(b.parentNode));\n"
    "for(const b of document.querySelectorAll('button.copy'))"
    "b.addEventListener('click',()=>copy(b));\n";

void jd_html_begin(jd_html_t *html, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", html->out);
    fputs(policy, html->out);
    fputs("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
          "<link rel=\"icon\" href=\"data:,\">\n",
          html->out);
    jd_html_element(html, "title", NULL, title);
    fprintf(html->out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
    jd_html_element(html, "h1", NULL, title);
}

void jd_html_end(jd_html_t *html)
{
    fprintf(html->out, "</main>\n<script>\n%s</script>\n</body>\n</html>\n", script);
}

/* ---- Text ---- */

static void put_text(FILE *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)text[i];
        switch (c) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc((c < ' ' && c != '\n') || c == 127 ? ' ' : c, out);
        }
    }
}

void jd_html_text(jd_html_t *html, const char *text)
{
    put_text(html->out, text, strlen(text));
}

void jd_html_element(jd_html_t *html, const char *tag, const char *id, const char *text)
{
    if (id)
        fprintf(html->out, "<%s id=\"%s\">", tag, id);
    else
        fprintf(html->out, "<%s>", tag);
    jd_html_text(html, text);
    fprintf(html->out, "</%s>\n", tag);
}

/* ---- Tables ---- */

static bool is_number(const jd_table_t *t, int column)
{
    return t->columns[column].type != JD_TEXT;
}

static void put_cell(jd_html_t *html, const jd_table_t *t, int column, int64_t row)
{
    char text[1024];
    if (!is_number(t, column)) {
        fputs("<td>", html->out);
        jd_html_text(html, jd_table_text(t, column, row, text, sizeof text));
        fputs("</td>", html->out);
        return;
    }
    const double x = jd_table_number(t, column, row);
    if (isnan(x))
        fputs("<td class=\"n\" data-v=\"\">–</td>", html->out);
    else if (t->columns[column].type <= JD_INT64)
        fprintf(html->out, "<td class=\"n\">%.0f</td>", x);
    else
        fprintf(html->out, "<td class=\"n\" data-v=\"%.17g\">%.5g</td>", x, x == 0 ? 0.0 : x);
}

static void put_head(jd_html_t *html, const jd_html_table_t *h)
{
    fputs("<thead><tr>", html->out);
    for (int k = 0; k < h->n; k++) {
        const jd_column_t *c = &h->table->columns[h->columns[k]];
        fprintf(html->out, "<th scope=\"col\"%s title=\"",
                is_number(h->table, h->columns[k]) ? " class=\"n\"" : "");
        jd_html_text(html, c->label ? c->label : "");
        if (c->unit && *c->unit && strcmp(c->unit, "1") != 0) {
            fputs(", ", html->out);
            jd_html_text(html, c->unit);
        }
        fputs("\"><button type=\"button\">", html->out);
        jd_html_text(html, c->name);
        fputs("</button></th>", html->out);
    }
    fputs("</tr></thead>\n<tbody>\n", html->out);
}

void jd_html_put_table(jd_html_t *html, const jd_html_table_t *h)
{
    int64_t shown = 0, left = 0;
    fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"", html->out);
    jd_html_text(html, h->caption);
    fprintf(html->out, "\"><table id=\"t%d\">\n", ++html->n_tables);
    jd_html_element(html, "caption", NULL, h->caption);
    put_head(html, h);
    for (int64_t row = 0; row < h->table->rows; row++) {
        if (h->keep && !h->keep(h->table, row)) continue;
        if (shown == JD_HTML_ROWS) {
            left++;
            continue;
        }
        shown++;
        fputs("<tr>", html->out);
        for (int k = 0; k < h->n; k++)
            put_cell(html, h->table, h->columns[k], row);
        fputs("</tr>\n", html->out);
    }
    fputs("</tbody></table></div>\n<button type=\"button\" class=\"copy\">Copy this "
          "table</button>\n",
          html->out);
    if (left > 0)
        fprintf(html->out,
                "<p class=\"soft\">%" PRId64 " further rows are in the file: jiedao export has "
                "them all.</p>\n",
                left);
}

/* ---- Figures ---- */

/* What stands before an id or what points to one. */
static const char *const before_ids[] = {" id=\"", " id='", "href=\"#", "href='#", "url(#"};

void jd_html_figure(jd_html_t *html, const char *svg, const char *caption, const char *alt)
{
    const char *p = strstr(svg, "<svg");
    if (!p) return;
    fprintf(html->out, "<figure id=\"f%d\">\n<svg role=\"img\" aria-label=\"", ++html->n_figures);
    jd_html_text(html, alt);
    fputc('"', html->out);
    for (p += 4; *p;) {
        size_t at = 0, k = 0;
        for (; k < sizeof before_ids / sizeof *before_ids; k++) {
            at = strlen(before_ids[k]);
            if (!strncmp(p, before_ids[k], at)) break;
        }
        if (k == sizeof before_ids / sizeof *before_ids) {
            fputc(*p++, html->out);
            continue;
        }
        fwrite(p, 1, at, html->out);
        fprintf(html->out, "f%d-", html->n_figures);
        p += at;
    }
    jd_html_element(html, "figcaption", NULL, caption);
    fputs("</figure>\n", html->out);
}
