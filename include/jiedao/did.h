/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Difference-in-differences estimators: one constant each, one pair of signatures for all.
 *
 *      jd_design_t *design = NULL;
 *      int rc = jd_design_prepare(&design, jd_estimator_find("twfe"), &panel, &options, ctx);
 *      if (!rc) rc = jd_design_estimate(design, outcomes, n_outcomes, estimates, ctx);
 *      jd_design_free(design);
 *
 *  prepare does all the outcome does not enter: sample, fixed effects, factorisation, row weights.
 *  What is applied then costs one pass over the rows a term and outcome. A design may be shared by
 *  threads, each with its own context. */
#ifndef JIEDAO_DID_H
#define JIEDAO_DID_H

#include "jiedao/linear.h"
#include "jiedao/param.h"

JD_BEGIN_DECLS

/** What the estimate is as a function of the outcome; decides how its bias is split. */
typedef enum jd_estimator_class {
    JD_CLASS_LINEAR,   /**< weights on outcomes depend on the design only */
    JD_CLASS_FROZEN,   /**< linear once its data-driven weights are frozen */
    JD_CLASS_NONLINEAR /**< not linear: telescoped split */
} jd_estimator_class_t;

/** What a term is an estimate of, tau = Y(1) - Y(0) in the treated cells it covers. */
typedef enum jd_target {
    JD_TARGET_MEAN,      /**< mean tau */
    JD_TARGET_RATIO,     /**< sum of Y(1) / sum of Y(0) - 1 */
    JD_TARGET_LOG_RATIO, /**< the logarithm of sum of Y(1) / sum of Y(0) */
    JD_TARGET_PER_DOSE   /**< sum of tau / sum of doses */
} jd_target_t;

typedef enum jd_term_kind {
    JD_TERM_OVERALL, /**< an effect on all treated cells: "att" */
    JD_TERM_EVENT,   /**< an effect at an event time: "e=-2" */
    JD_TERM_OTHER,   /**< a coefficient that is no effect: covariates, constant */
    JD_TERM_PART     /**< an effect on one cohort, period or cell: "g=2004", "t=2006",
                          "g=2004,t=2006"; the bias split passes it over */
} jd_term_kind_t;

/** JD_TERM_NAME: bytes of a term's name, its end included; covariates whose names are longer are to
 *  be given shorter ones. */
enum { JD_TERM_NAME = 256, JD_NEVER = INT32_MIN };

typedef struct jd_term {
    char name[JD_TERM_NAME]; /**< "att", "e=-2", "g=2004,t=2006", "g=2004,t=2006:age" */
    jd_term_kind_t kind;
    int32_t event_first, event_last; /**< event times covered (equal unless an end point is binned)
                                        where at_event; else 0 */
    bool at_event;          /**< of event times, be it with a cohort, a ring, a characteristic */
    int32_t cohort, period; /**< of which it is, or JD_NEVER */
    int16_t from, to;       /**< name[from ... to - 1] are cohort and period, for jd_term_text() */
} jd_term_t;

/** The term's name with its cohort and period as the caller names them; returns text. `names` NULL:
 *  as they are. JD_TERM_NAME + 2 JD_NAME_SIZE bytes will do. */
JD_API const char *jd_term_text(const jd_names_t *names, const jd_term_t *term, char *text,
                                size_t size);
enum { JD_TERM_TEXT_SIZE = JD_TERM_NAME + 2 * JD_NAME_SIZE };
#define JD_TERM_TEXT(ctx, term)                                                     \
    jd_term_text((ctx) ? (ctx)->names : NULL, (term), (char[JD_TERM_TEXT_SIZE]){0}, \
                 JD_TERM_TEXT_SIZE)

/** Which averages of the effects by cohort and period are the terms. */
typedef enum jd_aggregate {
    JD_AGGREGATE_EVENT,    /**< "att" and one term each event time: the default */
    JD_AGGREGATE_OVERALL,  /**< "att" alone */
    JD_AGGREGATE_COHORT,   /**< "att" and one term each cohort, "g=2004" */
    JD_AGGREGATE_CALENDAR, /**< "att" and one term each period, "t=2006" */
    JD_AGGREGATE_CELLS     /**< one term each cohort and period, "g=2004,t=2006" */
} jd_aggregate_t;

/** Who a cohort is compared with in callaway_santanna, etwfe, stacked and lp_did. */
typedef enum jd_control {
    JD_CONTROL_NEVER,  /**< units never treated */
    JD_CONTROL_NOT_YET /**< these, and units treated after both periods compared; etwfe: no leads */
} jd_control_t;

/** Which weight of a unit counts where its weights change over time, in callaway_santanna, drdid
 * and the staggered triple difference on a complete panel: R did's fix_weights. Cohorts' shares go
 * by the first period's weights; by all, where they vary. */
typedef enum jd_fix_weights {
    JD_FIX_EARLIER, /**< that of the earlier period of each comparison: the default, as R did's */
    JD_FIX_VARYING, /**< each row's own, as in repeated cross-sections */
    JD_FIX_FIRST,   /**< that of the first period */
    JD_FIX_BASE     /**< that of the cohort's last period before treatment, less anticipation */
} jd_fix_weights_t;

/** How roll_out uses outcomes before treatment. */
typedef enum jd_adjust {
    JD_ADJUST_EFFICIENT, /**< times the plug-in efficient coefficient */
    JD_ADJUST_DID,       /**< times 1: Callaway and Sant'Anna's (or Sun and Abraham's) estimator */
    JD_ADJUST_NONE       /**< not at all: differences in means after treatment */
} jd_adjust_t;

/** Whose change of treatment did_multiplegt_dyn looks at. */
typedef enum jd_switchers {
    JD_SWITCHERS_BOTH,
    JD_SWITCHERS_IN, /**< units whose treatment rises */
    JD_SWITCHERS_OUT /**< units whose treatment falls */
} jd_switchers_t;

/** How covariates enter callaway_santanna, drdid and the staggered triple difference; without
 *  covariates all are one. */
typedef enum jd_method {
    JD_METHOD_DR,       /**< doubly robust: logit and least squares */
    JD_METHOD_REG,      /**< outcome regression on the controls */
    JD_METHOD_IPW,      /**< inverse propensities, weights that add up to 1 (Hajek) */
    JD_METHOD_IMPROVED, /**< drdid: doubly robust for inference too, propensities that balance */
    JD_METHOD_ABADIE    /**< drdid: inverse propensities, weights as they come (Horvitz-Thompson) */
} jd_method_t;

/** What a unit is exposed to where others are treated, in rings. Own rows under treatment are
 *  exposed to their own treatment alone, unless rings_on_treated. */
typedef enum jd_exposure {
    JD_EXPOSURE_RINGS, /**< the ring of the nearest treated unit */
    JD_EXPOSURE_COUNT, /**< number of treated units in each ring */
    JD_EXPOSURE_SHARE, /**< their share of the ring's units, 0 in an empty one */
    JD_EXPOSURE_DECAY, /**< sum of exp(-km / ring[0]) over treated units */
    JD_EXPOSURE_GIVEN  /**< the panel's dose, whatever it is */
} jd_exposure_t;

/** Options of all estimators; jd_did_defaults() sets every field, and the rows of
 *  jd_did_option_at() describe those that are set by name. Options that one family alone takes lie
 *  in a struct of its name. */
typedef struct jd_did_options {
    bool no_unit_effects; /**< twfe, event_study, poisson: leave out the unit effects; etwfe and
                               etwfe_poisson: cohorts in their place */
    bool no_time_effects; /**< ... the period effects, where panel.fixed holds finer ones */
    bool keep_singletons; /**< keep rows alone in a level (they carry no information, but count) */
    bool cross_sections;  /**< rows are units: repeated cross-sections */
    bool cell_mean;       /**< callaway_santanna, staggered_triple_difference, lp_did: "att" beside
                               effects by event time or period is their mean over treated cells, as the
                               ATT is; 0: their plain mean, as R's did has it */
    jd_solver_t solver;
    jd_aggregate_t aggregate;
    jd_control_t control;
    int32_t anticipation;            /**< periods before adoption that may already show an effect */
    int32_t event_first, event_last; /**< event times aggregated; INT32_MIN, INT32_MAX = all */
    jd_int_list_t reference; /**< event times below 0 that are set to zero; none = each cohort's
                                last period before adoption less anticipation */
    int32_t bin_first;       /**< event times <= this are one term; INT32_MIN = none */
    int32_t bin_last;        /**< event times >= this are one term; INT32_MAX = none */
    int32_t bin_width; /**< event_study, sun_abraham: so many event times are one, counted from
                            adoption both ways, references left out; 0, 1 = each its own */
    struct {
        bool universal_base;   /**< leads against the last period before treatment */
        bool allow_unbalanced; /**< keep units not seen in every period */
        bool drdid_sign;       /**< standard errors of JD_METHOD_DR in cross-sections as DRDID 1.2.3
                                    has them: the controls' regression before treatment enters with
                                    the wrong sign */
        jd_method_t method;    /**< what is done with covariates */
        jd_fix_weights_t fix_weights;
        int32_t balance_event; /**< only cohorts seen this long; below 0 = all */
    } group_time;              /**< callaway_santanna, drdid, staggered_triple_difference */
    struct {
        jd_int_list_t pretrend; /**< event times < 0 tested against the other untreated rows; n =
                                   -1: all but the references */
    } imputation;
    struct {
        bool synthdid; /**< weights as the R package synthdid finds them, by a search stopped early,
                            not the optimum */
    } synthetic;       /**< synthetic_did, synthetic_control */
    struct {
        jd_adjust_t adjust;
        bool neyman;              /**< conservative variance, not the adjusted one */
        bool last_cohort_control; /**< the last cohort (or the never treated) alone are controls */
    } roll_out;
    struct {
        jd_switchers_t switchers;
        bool normalized;           /**< effects per unit of treatment received so far */
        bool same_switchers;       /**< only switchers seen for all effects */
        bool same_switchers_pl;    /**< only switchers seen for all effects and all placebos */
        bool only_never_switchers; /**< controls never change their treatment */
        bool trends_lin;           /**< each unit may have a linear trend of its own, known from its
                                        last change before the switch */
        bool dont_drop_larger_lower; /**< keep cells of units whose treatment has been both above
                                        and below their first one */
    } multiplegt;
    struct {
        bool reweight;       /**< adopters are equally weighted, not by their controls */
        bool no_composition; /**< the same units at all event times */
        bool pooled;         /**< one effect over event_first ... -2, one over 0 ... event_last */
        int32_t premean;     /**< periods before adoption averaged into the base; 0 = one, INT32_MAX
                                  = all */
        int32_t nonabsorbing; /**< treatment may end and come back; a unit counts as a control and
                                 as newly treated again so many periods after its last change, when
                                   effects stay as they are; 0 = treatment does not end */
    } lp_did;
    struct {
        jd_list_t edges; /**< outer edges in km, going up */
        jd_exposure_t exposure;
        bool on_treated; /**< exposures of rows under treatment are terms too, so that the effect is
                              that of one's own treatment */
    } rings;
    struct {
        int32_t degree; /**< of the splines, 0 to 5; default 3 */
        int32_t knots;  /**< inner knots, at quantiles of the dose; default 0: a polynomial */
        jd_list_t at;   /**< doses at which effects are given; none = deciles of the treated */
    } dose;
    struct {
        bool time_corrected; /**< controls of the same dose before that stay there: Wald-TC */
    } wald_did;
} jd_did_options_t;

JD_API void jd_did_defaults(jd_did_options_t *options);

/** Options that several families take, one bit each, in the order of their rows. */
enum {
    JD_USES_AGGREGATE = 1 << 0,
    JD_USES_CELL_MEAN = 1 << 1,
    JD_USES_CONTROL = 1 << 2,
    JD_USES_ANTICIPATION = 1 << 3,
    JD_USES_EVENT = 1 << 4, /**< event_first and event_last hold; else they are left alone */
    JD_USES_REFERENCE = 1 << 5,
    JD_USES_BIN = 1 << 6,
    JD_USES_BIN_WIDTH = 1 << 7,
    JD_USES_SINGLETONS = 1 << 8,
    JD_USES_CROSS_SECTIONS = 1 << 9
};

/** What of a panel an estimator reads beside outcome, unit, period, cohort, weight and covariates;
 *  the rest is left alone. */
enum {
    JD_READS_FIXED = 1 << 0,    /**< further fixed effects */
    JD_READS_SLOPES = 1 << 1,   /**< slopes that differ by level; else they are refused */
    JD_READS_DOSE = 1 << 2,     /**< the dose is the treatment */
    JD_READS_PLACES = 1 << 3,   /**< latitude and longitude */
    JD_READS_ELIGIBLE = 1 << 4, /**< whom the policy is for */
    JD_READS_HET = 1 << 5       /**< characteristics that effects may go with */
};

/** What of jd_vcov_options_t and of the wild bootstrap applies to an estimator's inference. */
enum {
    JD_INFERS_WILD = 1 << 0,          /**< its terms have the residuals of one regression */
    JD_INFERS_SATTERTHWAITE = 1 << 1, /**< degrees of freedom by Satterthwaite */
    JD_INFERS_EFFECTS = 1 << 2,       /**< its fixed effects count in K: k_fixed, k_exact */
    JD_INFERS_FACTORS = 1 << 3,       /**< the factors (n-1)/(n-K) and G/(G-1) can be left out */
    JD_INFERS_RESAMPLE = 1 << 4 /**< its errors come from samples: jd_vcov_options_t.resample */
};

typedef struct jd_design jd_design_t;
struct jd_fit;

typedef struct jd_estimator {
    const char *name;        /**< "2x2", "twfe", "event_study", "sun_abraham", ... */
    const char *label;       /**< a phrase for people */
    const char *page;        /**< of docs/estimators that describes it; NULL = its name's */
    const char *short_label; /**< for legends: "TWFE" */
    const char *synonyms;    /**< other names it is known by, in R, Stata and papers, by commas */
    jd_estimator_class_t family;
    /** Fills a design whose sample is made; called by jd_design_prepare() only. */
    int (*prepare)(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx);
    /** Own inference, or NULL for that of a regression: fills fit->vcov and fit->facts (df may be
     *  infinite: the normal law), given y of the design's rows, fit->estimate and fit->level. May
     *  set fit->uniform where options->bands asks; else it is simulated from the covariance. */
    int (*infer)(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 struct jd_fit *fit, jd_ctx_t *ctx);
    /** Frees what prepare hung on the design for infer; NULL if nothing. */
    void (*release)(jd_design_t *design);
    /** Own estimates of outcomes y [n_y] over the design's rows, and own weights, added into w
     * [rows of the panel]; NULL: the regression's coefficients are the terms. */
    int (*estimate)(const jd_design_t *design, const double *const *y, int n_y, double *estimate,
                    jd_ctx_t *ctx);
    void (*weights)(const jd_design_t *design, int term, double *w);
    /** Class FROZEN: weights w [n_terms][rows of the design], zeroed, that give the estimates of
     *  this y (the design's rows) as w'y; NULL for other classes. */
    int (*freeze)(const jd_design_t *design, const double *y, double *w, jd_ctx_t *ctx);
    jd_target_t target; /**< of all its effect terms */
    /** Above so many units its cost is worth a request by name: it is left out where all estimators
     *  are requested. 0 = any number. */
    int32_t most_units;
    bool infers_estimate;      /**< infer fills fit->estimate too, as one fit gives both */
    uint32_t uses;             /**< JD_USES_...: the common options it takes */
    uint32_t reads;            /**< JD_READS_...: what of the panel it takes */
    const jd_param_t *options; /**< rows of its own options, into jd_did_options_t, ended by a row
                                    without a name; a family shares one list; NULL = none */
    uint32_t infers;           /**< JD_INFERS_...: what of inference it can do */
    bool counts_waves; /**< event times count the periods that are observed, never a calendar */
    bool leads_alone;  /**< leads are measured from one period, effects from all before */
    bool by_event;     /**< has a column in memory for each event time */
    /** Whether "att" is the plain mean over event times; NULL = it is a mean over treated rows. */
    bool (*averages_events)(const jd_did_options_t *options);
    /** Whether the effects are per unit of dose although `target` is a mean; NULL = never. */
    bool (*is_per_dose)(const jd_did_options_t *options);
    const char *no_bootstrap; /**< why jd_design_bootstrap() refuses it; NULL = it does not */
} jd_estimator_t;

/** All estimators, ended by NULL. */
JD_API extern const jd_estimator_t *const jd_estimators[];

/** By name, or NULL. */
JD_API const jd_estimator_t *jd_estimator_find(const char *name);

/** The index-th option of any estimator: the common ones in the order of their bits, then each
 *  family's own in the estimators' order; NULL behind the last. Names have underscores. */
JD_API const jd_param_t *jd_did_option_at(int index);
/** Whether the estimator takes the option. */
JD_API bool jd_did_option_is_of(const jd_param_t *option, const jd_estimator_t *estimator);
/** Whether an option of jd_vcov_option_at() changes anything in the estimator's inference. */
JD_API bool jd_vcov_option_is_of(const jd_param_t *option, const jd_estimator_t *estimator);
/** Sets an option by its name from a text, "control" to "not_yet". Errors: JD_ERR_UNKNOWN_KEY with
 *  the nearest name, JD_ERR_VALUE with what is allowed. */
JD_API JD_MUST_USE int jd_did_option_set(jd_did_options_t *options, const char *name,
                                         const char *text, jd_ctx_t *ctx);

/** What went into a design. */
typedef struct jd_design_facts {
    int64_t n_rows; /**< rows of the panel */
    int64_t n_obs;  /**< rows used */
    jd_dropped_t dropped;
    int32_t n_units, n_treated_units, n_periods, n_clusters;
    int n_terms, n_collinear; /**< terms kept, terms dropped as collinear */
    int64_t n_uncontrolled;   /**< rows left out: periods in which no unit is untreated any more */
    int64_t n_incomplete;     /**< rows left out: of units not seen in every period */
    int64_t n_alone;          /**< rows left out: of cohorts of a single unit */
    int64_t n_unreferenced;   /**< rows left out: of cohorts without a row at a reference named */
} jd_design_facts_t;

/** Prepares a design; panel and options are borrowed for the call, caller frees. Dropped collinear
 *  terms are reported through jd_warn(). Errors: JD_ERR_ARGUMENT, JD_ERR_DATA, JD_ERR_NO_TREATED,
 *  JD_ERR_NO_CONTROLS (no period holds treated and untreated rows), JD_ERR_RANK,
 *  JD_ERR_NO_CONVERGENCE, JD_ERR_NO_MEMORY; *design is then NULL.
 *  Cost: O(rows x terms^2), plus taking out the fixed effects. */
JD_API JD_MUST_USE int jd_design_prepare(jd_design_t **design, const jd_estimator_t *estimator,
                                         const jd_panel_t *panel, const jd_did_options_t *options,
                                         jd_ctx_t *ctx);
JD_API void jd_design_free(jd_design_t *design);

JD_API jd_design_facts_t jd_design_facts(const jd_design_t *design);
JD_API const jd_estimator_t *jd_design_estimator(const jd_design_t *design);
/** The terms [n_terms], effects before others; borrowed from the design. */
JD_API const jd_term_t *jd_design_terms(const jd_design_t *design);
/** The rows of the panel it uses, n_obs of them; borrowed. */
JD_API const jd_sample_t *jd_design_sample(const jd_design_t *design);
/** Name of the i-th term dropped as collinear (0 ... n_collinear - 1); borrowed. */
JD_API const char *jd_design_collinear(const jd_design_t *design, int i);

/** Point estimates of many outcomes: y [n_y] pointers to columns over all the panel's rows;
 *  estimate[term * n_y + j]. Each is w'y with the weights below, compensated sums over fixed
 * blocks: the same bits for any threads and any company of outcomes. JD_ERR_DATA if a used row is
 * not finite. Cost: one pass a term and outcome. */
JD_API JD_MUST_USE int jd_design_estimate(const jd_design_t *design, const double *const *y,
                                          int n_y, double *estimate, jd_ctx_t *ctx);

/** The vector w [rows of the panel] with estimate = w'y; 0 in rows not used. Linear estimators. */
JD_API void jd_design_weights(const jd_design_t *design, int term, double *w);

/** The same for all terms, w [n_terms][rows of the panel], of an estimator that is linear once the
 *  weights it finds in y [rows of the panel] are frozen; a linear one's do not depend on y.
 *  JD_ERR_UNSUPPORTED for an estimator that is not linear, JD_ERR_DATA as in estimating.
 *  Cost: one estimate. */
JD_API JD_MUST_USE int jd_design_freeze(const jd_design_t *design, const double *y, double *w,
                                        jd_ctx_t *ctx);

/** Estimates with their uncertainty. Zero it first; arrays are owned. */
typedef struct jd_fit {
    int n_terms;
    double *estimate, *std_error, *ci_low, *ci_high, *p_value; /**< [n_terms] */
    double *vcov;                                              /**< [n_terms][n_terms] */
    double level;                                              /**< of the intervals */
    int64_t n_obs;
    int32_t n_units, n_clusters;
    jd_vcov_facts_t facts; /**< convention, factor, degrees of freedom, SSR */
    double tss;            /**< weighted squares of y about its mean */
    double
        within_tss; /**< the same after fixed effects; 0 where inference is the estimator's own */
    double uniform; /**< estimate +- uniform std_error covers all effects by event time at once with
                       probability `level`; 0 = not requested */
    double *df;     /**< [n_terms] degrees of freedom; facts.df but for Satterthwaite's */
    double mean_df; /**< the same of jd_fit_mean() */
    double *law;    /**< [n_law][n_terms] owned: estimates in the samples of jd_design_bootstrap(),
                       NaN where a sample does not identify a term; NULL = no bootstrap */
    int64_t n_law;
    double deviance, log_likelihood, null_log_likelihood; /**< of Poisson; 0 = not such a model */
    double
        *sums; /**< [n_terms][n_sums] owned, with jd_vcov_options_t.keep_sums: what each cluster
                  adds to an estimate's error, so that sums times sums' is vcov; NULL = not known */
    int32_t *sums_cluster; /**< [n_sums] owned: the panel's clusters, or units */
    int32_t n_sums;
} jd_fit_t;

/** How close a model comes to the outcome; NaN where a model has no such number. As R's fixest has
 * them: rows in the sample, their weights. */
typedef struct jd_quality {
    double r2,
        adjusted_r2;  /**< 1 - SSR/TSS; with (n - 1)/(n - K), K all parameters and fixed effects */
    double within_r2; /**< of what is left after the fixed effects */
    double rmse;      /**< sqrt(SSR/n) */
    double pseudo_r2; /**< McFadden's: 1 - log likelihood over that of a constant alone */
    double deviance;
} jd_quality_t;

/** Of a design and its fit, before jd_design_bootstrap(). Regressions and Poisson have some; all
 * else is NaN. Cost: O(1). */
JD_API jd_quality_t jd_fit_quality(const jd_design_t *design, const jd_fit_t *fit);

/** Estimate, standard error, interval and p-value (t with df) of one outcome [rows of panel].
 *  options NULL = CR1 by panel.cluster, fixest's conventions; level in (0, 1), 0.95 say.
 *  Errors: as jd_design_estimate(), JD_ERR_DATA for a single cluster, JD_ERR_ARGUMENT. */
JD_API JD_MUST_USE int jd_design_infer(const jd_design_t *design, const double *y,
                                       const jd_vcov_options_t *options, double level,
                                       jd_fit_t *fit, jd_ctx_t *ctx);
JD_API void jd_fit_free(jd_fit_t *fit);

/** Which clusters make up a sample of jd_design_bootstrap(). */
typedef enum jd_bootstrap {
    JD_BOOTSTRAP_NONE,
    JD_BOOTSTRAP_PAIRS, /**< as many as there are, with replacement from all */
    JD_BOOTSTRAP_BLOCK  /**< the same within each stratum */
} jd_bootstrap_t;

typedef struct jd_bootstrap_options {
    jd_bootstrap_t kind;    /**< pairs or block */
    const int32_t *stratum; /**< [rows] one a cluster, block only; NULL = clusters whose rows hold
                               the same cohorts; borrowed */
    int32_t draws;          /**< 0 = 999 */
    uint64_t seed;
} jd_bootstrap_options_t;

/** Replaces the errors of a fit by those of a bootstrap that draws whole clusters (the panel's, or
 *  its units) with all their rows and prepares and applies the estimator again (Cameron, Gelbach,
 *  Miller 2008; blocks: Bertrand, Duflo, Mullainathan 2004). A cluster drawn twice is two: units
 * and effects nested in clusters are each copy's own. fit->law, the covariance of its draws,
 * standard errors, percentile intervals and their p-values 2 min(k + 1) / (n + 1), k draws on the
 * far side of 0; facts.df is infinite. `design`, `panel`, `how` and y are those of
 * jd_design_infer() before. Terms that fewer than half of the samples identify have no error;
 * jd_warn() says so. Errors: JD_ERR_UNSUPPORTED (synthetic estimators and roll_out, whose law is
 * another; rings, whose exposures depend on who is there; two ways of clustering), JD_ERR_DATA
 * (units in several clusters, one treated or one untreated cluster, a stratum of one). Cost: an
 * estimate a draw, in parallel; the same bits for any threads. */
JD_API JD_MUST_USE int jd_design_bootstrap(jd_fit_t *fit, const jd_design_t *design,
                                           const jd_panel_t *panel, const jd_did_options_t *how,
                                           const double *y, const jd_bootstrap_options_t *options,
                                           jd_ctx_t *ctx);

/** One number with its uncertainty. */
typedef struct jd_estimate {
    double estimate, std_error, ci_low, ci_high, p_value;
} jd_estimate_t;

/** The sum of weight[k] times term k of a fit, weight [n_terms]; t with facts.df degrees of
 * freedom. Cost: O(n_terms^2). */
JD_API jd_estimate_t jd_fit_combine(const jd_fit_t *fit, const double *weight);

/** Weights [n_terms] that make of effects by event time their mean over treated rows of the design
 *  (by weight): a term's share of the rows since adoption that lie in its event times. They add to
 *  1, or are all 0 where no such row has a term. Cost: O(rows). */
JD_API void jd_design_mean_weights(const jd_design_t *design, double *weight);

/** That mean of an event study's fit, with degrees of freedom of its own; weight [n_terms] receives
 *  jd_design_mean_weights(), and where all are 0 there is no mean: 0, with a standard error of 0.
 */
JD_API jd_estimate_t jd_fit_mean(const jd_design_t *design, const jd_fit_t *fit, double *weight);

/** A joint test that terms equal given values. */
typedef struct jd_wald {
    double f;       /**< Wald statistic / n_terms */
    int n_terms;    /**< numerator degrees of freedom */
    double df;      /**< denominator's; infinite: chi-squared */
    double p_value; /**< of F(n_terms, df), or chi-squared(n_terms) */
} jd_wald_t;

/** Tests that the terms term [n] (numbers in the fit) equal null [n], NULL = 0. Errors:
 * JD_ERR_ARGUMENT, JD_ERR_DATA where the covariance is singular (as many terms as clusters).
 * Cost: O(n^3). */
JD_API JD_MUST_USE int jd_fit_wald(const jd_fit_t *fit, const int *term, int n, const double *null,
                                   jd_wald_t *wald, jd_ctx_t *ctx);

/** The same for all effects before treatment: every event time, or cohort and period, before it
 * with a standard error. JD_ERR_DATA also where there is none. */
JD_API JD_MUST_USE int jd_fit_pretrend(const jd_design_t *design, const jd_fit_t *fit,
                                       jd_wald_t *wald, jd_ctx_t *ctx);

/** The same for all effects from event time 0 on with a standard error: that they are equal, which
 *  did_multiplegt_dyn calls effects_equal. JD_ERR_DATA where there are fewer than two. */
JD_API JD_MUST_USE int jd_fit_equal(const jd_design_t *design, const jd_fit_t *fit, jd_wald_t *wald,
                                    jd_ctx_t *ctx);

JD_END_DECLS

#endif
