/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the libraries export, and small attributes shared by all public headers. */
#ifndef JIEDAO_EXPORT_H
#define JIEDAO_EXPORT_H

#if defined(__GNUC__)
#define JD_API __attribute__((visibility("default")))
#define JD_MUST_USE __attribute__((warn_unused_result))
#define JD_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define JD_API
#define JD_MUST_USE
#define JD_PRINTF(format_index, first)
#endif

/* Around the declarations of every public header, so that C++ finds C functions. */
#ifdef __cplusplus
#define JD_BEGIN_DECLS extern "C" {
#define JD_END_DECLS }
#else
#define JD_BEGIN_DECLS
#define JD_END_DECLS
#endif

#endif
