*! jiedao 0.1.0: difference-in-differences by the program jiedao, results in e()
*! SPDX-License-Identifier: GPL-3.0-or-later
* Saves the columns in use as a .dta file, calls `jiedao did` on it and posts what comes back.
* Written for Stata 14 and later on Linux and macOS. It has not been run in Stata by its authors;
* tests/bindings/test_stata.py checks the program's side: options, files, names of columns, order.
program jiedao
    version 14
    gettoken command rest : 0, parse(" ,")
    if `"`command'"' == "did" {
        _jiedao_did `rest'
    }
    else if inlist(`"`command'"', "run", "validate", "sweep", "export", "figures", "params", "configs") ///
        | inlist(`"`command'"', "panel", "power", "report", "help", "--version") {
        _jiedao_program
        shell "`r(program)'" `0'
    }
    else {
        display as error `"jiedao: "`command'" is no command of this ado file; see {help jiedao}"'
        exit 198
    }
end

* r(program): the program to call: global JIEDAO, else the one the shell finds.
program _jiedao_program, rclass
    if "`c(os)'" == "Windows" {
        display as error "jiedao: there is no program for Windows yet"
        exit 198
    }
    local program `"$JIEDAO"'
    if `"`program'"' == "" local program jiedao
    return local program `"`program'"'
end

program _jiedao_did, eclass
    syntax varlist(min=1 numeric) [if] [in] [aweight pweight/], UNIT(varname) TIME(varname) ///
        [COHORT(varname) TREAT(varname) DOSE(varname) ELIGIBLE(varname) FE(string) ABSORB(string)  ///
        CLUSTER(varlist) COORDS(varlist min=2 max=2) STRATA(varname) ESTIMATOR(string)             ///
        PLOT(string) Level(cilevel) noTABle SHOWcommand *]
    _jiedao_program
    local program `"`r(program)'"'
    gettoken y x : varlist
    marksample touse, novarlist // the program drops and counts rows with missing values
    local w
    if "`weight'" != "" {
        confirm new variable jiedao_weights
        local w jiedao_weights
    }

    * The options of the command line.
    local estimator = cond(`"`estimator'"' == "", "callaway_santanna", subinstr(trim(`"`estimator'"'), " ", ",", .))
    local line --y `y' --unit `unit' --time `time' --estimator `estimator' --level `=`level' / 100'
    foreach one in cohort treat dose eligible strata {
        if "``one''" != "" local line `line' --`one' ``one''
    }
    foreach many in fe absorb {
        if `"``many''"' != "" local line `line' --`many' "`=subinstr(trim(`"``many''"'), " ", ",", .)'"
    }
    foreach many in x cluster coords {
        if "``many''" != "" local line `line' --`many' `=subinstr(trim("``many''"), " ", ",", .)'
    }
    if "`w'" != "" local line `line' --weights `w'
    if `"`plot'"' != "" local line `line' --plot "`plot'" --force
    * All others by their names: aggregate(cells) bands not_before(3) -> --aggregate cells --bands --not-before 3.
    while `"`options'"' != "" {
        gettoken one options : options, bind
        local open = strpos(`"`one'"', "(")
        local name = cond(`open', substr(`"`one'"', 1, `open' - 1), `"`one'"')
        local line `line' --`=subinstr(trim("`name'"), "_", "-", .)'
        if `open' {
            local value = substr(`"`one'"', `open' + 1, strlen(`"`one'"') - `open' - 1)
            local line `line' "`value'"
        }
    }

    tempfile data table messages covariances rows
    tempname handle
    preserve
    quietly keep if `touse'
    if "`w'" != "" quietly generate double `w' = `exp'
    * Columns that are named inside fe() and absorb(): all words that are variables here.
    local inside
    local words = ustrregexra(`"`fe' `absorb'"', "[^A-Za-z0-9_]", " ")
    foreach word of local words {
        capture confirm variable `word', exact
        if !_rc local inside `inside' `word'
    }
    local kept `varlist' `unit' `time' `cohort' `treat' `dose' `eligible' `cluster' `coords' `strata' `w' `inside'
    local kept : list uniq kept
    keep `kept'
    quietly save `"`data'.dta"'
    restore

    if "`showcommand'" != "" display as text `"`program' did DATA `line'"'
    shell "`program'" did "`data'.dta" `line' --format csv --vcov-out "`covariances'.csv" ///
        --rows-out "`rows'.csv" --force > "`table'.csv" 2> "`messages'.txt"
    capture erase `"`data'.dta"'
    * What the program says: notes, or why it stopped.
    capture file open `handle' using `"`messages'.txt"', read text
    if !_rc {
        file read `handle' text
        while r(eof) == 0 {
            display as text `"`macval(text)'"'
            file read `handle' text
        }
        file close `handle'
    }
    capture erase `"`messages'.txt"'
    * A program that stops writes no covariances.
    capture confirm file `"`covariances'.csv"'
    if _rc {
        capture erase `"`table'.csv"'
        display as error "jiedao: no estimates; where the program was not found, set global JIEDAO to its path"
        exit 459
    }

    * Which rows were used, in the order of the data; then the table and the covariances.
    tempname b V
    tempvar used
    quietly generate byte `used' = 0
    mata: _jiedao_rows(`"`rows'.csv"', "`touse'", "`used'")
    quietly count if `used'
    local n = r(N)
    preserve
    quietly import delimited using `"`covariances'.csv"', clear varnames(1) case(preserve) asdouble ///
        stringcols(1 2 3) encoding("UTF-8")
    mata: _jiedao_cov = st_data(., "covariance"); _jiedao_cov_of = st_sdata(., "estimator")
    quietly import delimited using `"`table'.csv"', clear varnames(1) case(preserve) asdouble ///
        stringcols(1 2 3) encoding("UTF-8")
    quietly count
    if r(N) == 0 {
        restore
        display as error "jiedao: no estimator applies"
        exit 459
    }
    tostring cohort period, replace force usedisplayformat
    mata: _jiedao_post("`b'", "`V'")
    local n_units = n_units[1]
    local n_clusters = n_clusters[1]
    restore
    mata: mata drop _jiedao_cov _jiedao_cov_of
    foreach file in table covariances rows {
        capture erase `"``file''.csv"'
    }

    ereturn post `b' `V', esample(`used') depname(`y')
    ereturn scalar N = `n'
    ereturn scalar N_units = `n_units'
    ereturn scalar N_clust = `n_clusters'
    ereturn scalar level = `level'
    ereturn local estimator "`estimator'"
    ereturn local command_line `"did DATA `line'"'
    ereturn local depvar "`y'"
    ereturn local cmdline `"jiedao did `0'"'
    ereturn local title "Difference-in-differences (jiedao)"
    ereturn local cmd jiedao
    if "`table'" != "notable" ereturn display, level(`level')
end

version 14
mata:
// Names of a table's terms as Stata has them: lead3, lag0 for event times; att; g2004_t2006 and the like.
string scalar _jiedao_name(string scalar term, real scalar event, string scalar cohort)
{
    if (event < . & cohort == "") return(event < 0 ? "lead" + strofreal(-event) : "lag" + strofreal(event))
    return(strtoname(subinstr(subinstr(term, "=", ""), ",", "_"), 0))
}

// The table in memory into e(b) and e(V): an equation an estimator where there are several. Terms of one
// estimator have their covariances; those of two estimators are not known, and stand as 0.
void _jiedao_post(string scalar b, string scalar v)
{
    real colvector estimate, se, event, at
    real matrix V, block
    string colvector of, names, terms, cohorts, kinds
    string matrix stripe
    real scalar i, k, first

    of = st_sdata(., "estimator")
    terms = st_sdata(., "term")
    cohorts = st_sdata(., "cohort")
    estimate = st_data(., "estimate")
    se = st_isnumvar("std_error") ? st_data(., "std_error") : J(rows(of), 1, .)
    event = st_isnumvar("event_time") ? st_data(., "event_time") : J(rows(of), 1, .)
    k = rows(of)
    names = J(k, 1, "")
    for (i = 1; i <= k; i++) names[i] = _jiedao_name(terms[i], event[i], cohorts[i] == "." ? "" : cohorts[i])
    V = J(k, k, 0)
    for (i = 1; i <= k; i++) V[i, i] = se[i] < . ? se[i]^2 : 0
    kinds = uniqrows(of)
    for (i = 1; i <= rows(kinds); i++) {
        at = selectindex(of :== kinds[i])
        block = select(_jiedao_covariances(), _jiedao_owners() :== kinds[i])
        first = rows(at)
        if (rows(block) == first^2) V[at, at] = rowshape(block, first)
    }
    stripe = (rows(kinds) > 1 ? of : J(k, 1, ""), names)
    st_matrix(b, estimate')
    st_matrixcolstripe(b, stripe)
    st_matrix(v, (V + V') / 2)
    st_matrixcolstripe(v, stripe)
    st_matrixrowstripe(v, stripe)
}

real colvector _jiedao_covariances()
{
    external real colvector _jiedao_cov
    return(_jiedao_cov)
}

string colvector _jiedao_owners()
{
    external string colvector _jiedao_cov_of
    return(_jiedao_cov_of)
}

// Marks the rows that some estimator used. The file has a line a row that was sent, in its order:
// number, why it was left out, then 1 or 0 for each estimator.
void _jiedao_rows(string scalar file, string scalar touse, string scalar used)
{
    string colvector lines
    real colvector sent, flag
    real scalar i

    if (!fileexists(file)) return
    lines = cat(file)
    sent = selectindex(st_data(., touse))
    if (rows(lines) != rows(sent) + 1) return
    flag = J(rows(sent), 1, 0)
    for (i = 1; i <= rows(sent); i++) flag[i] = strpos(lines[i + 1] + ",", ",1,") > 0
    st_store(sent, used, flag)
}
end
