/* SPDX-License-Identifier: GPL-3.0-or-later */
/** How a drawn file is known again: a mark with a checksum of all before it, where the format takes
 *  a comment. Internal; see jd_figure_may_replace(). */
#ifndef JD_FIGURES_MARK_H
#define JD_FIGURES_MARK_H

/** Marks the figure of one format (JD_FIGURE_PDF, ...) in an open file. 0, or errno. */
int jd_figure_mark(int fd, unsigned format);

#endif
