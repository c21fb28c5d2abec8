{smcl}
{* SPDX-License-Identifier: GPL-3.0-or-later}{...}
{vieweralsosee "lincom" "help lincom"}{...}
{title:Title}

{p 4 4 2}{bf:jiedao} {hline 2} difference-in-differences by the program jiedao

{title:Syntax}

{p 4 8 2}{cmd:jiedao did} {it:y} [{it:covariates}] {ifin} [{it:aweight pweight}]{cmd:, unit(}{it:var}{cmd:) time(}{it:var}{cmd:)} [{it:options}]

{p 4 8 2}{cmd:jiedao} {it:command} {it:...}{space 4}(run, validate, sweep, export, figures, params, configs, panel, power, report, help: passed on to the program as they are)

{title:Options}

{p2colset 5 28 30 2}{...}
{p2col:{opt cohort(var)}}first treated period; missing and 0 = never{p_end}
{p2col:{opt treat(var)}}or the treatment itself, 0 or 1{p_end}
{p2col:{opt dose(var)}}treatment as an amount{p_end}
{p2col:{opt eligible(var)}}0 or 1: whom the policy is for, in triple differences{p_end}
{p2col:{opt estimator(names)}}one or more: twfe, event_study, callaway_santanna (default), sun_abraham, imputation, ...{p_end}
{p2col:{opt cluster(vars)}}clusters, one way or two; default: the units{p_end}
{p2col:{opt fe(terms)}}fixed effects beside unit and period: a^b crosses two, a[x] has slopes{p_end}
{p2col:{opt absorb(terms)}}or exactly these{p_end}
{p2col:{opt coords(lat lon)}}latitude and longitude, in degrees{p_end}
{p2col:{opt strata(var)}}of randomisation and bootstrap(block){p_end}
{p2col:{opt plot(file)}}effects by event time: .pdf, .png or .svg{p_end}
{p2col:{opt level(#)}}level of intervals, in percent{p_end}
{p2col:{opt show:command}}print the command line that is run{p_end}
{p2col:{opt notab:le}}do not print the table{p_end}

{p 4 4 2}Every other option of {cmd:jiedao did} goes by its own name, with {cmd:_} for {cmd:-}: {cmd:control(not_yet)},
{cmd:aggregate(cells)}, {cmd:vcov(cr2)}, {cmd:bands}, {cmd:balance(2)}, {cmd:universal_base}. {cmd:jiedao help did} lists them.

{title:What is stored}

{p 4 4 2}{cmd:e(b)} and {cmd:e(V)}: terms are {cmd:att}, {cmd:lead3}, {cmd:lag0} (event times), {cmd:g2004_t2006} (cells); with several estimators each is an
equation, and covariances between two equations are not known (0 in {cmd:e(V)}: do not test across them). {cmd:e(N)}, {cmd:e(N_units)},
{cmd:e(N_clust)}, {cmd:e(sample)}, {cmd:e(command_line)}. So {cmd:lincom}, {cmd:test}, {cmd:coefplot}, {cmd:esttab} and
{cmd:event_plot, stub_lag(lag#) stub_lead(lead#)} work.

{title:Where the program is}

{p 4 4 2}The shell must find {cmd:jiedao}; else {cmd:global JIEDAO "/path/to/jiedao"}. Linux and macOS; there is no program for Windows yet.

{p 4 4 2}{bf:This file has not been run in Stata by its authors}, who have none. What the program is asked and what it
answers is tested. Tell us what fails.

{title:Examples}

{p 4 8 2}{cmd:. jiedao did lemp, unit(countyreal) time(year) cohort(first_treat)}{p_end}
{p 4 8 2}{cmd:. jiedao did lemp lpop, unit(countyreal) time(year) cohort(first_treat) estimator(imputation) cluster(state)}{p_end}
{p 4 8 2}{cmd:. lincom (lag0 + lag1) / 2}{p_end}
{p 4 8 2}{cmd:. jiedao run quickstart -o quickstart.h5}{p_end}
