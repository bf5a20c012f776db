// Rules and the training call: checks and conversion only.
#include "bind/batch.hpp"
#include "train/judged_run.hpp"

namespace gradus::bind {
namespace {

RuleConfig make_rule(int rule, bool nesterov, double momentum, double beta_1, double beta_2,
                     double decay, double epsilon, double initial_accumulator,
                     double weight_decay) {
    if (rule < 0 || rule >= static_cast<int>(kRuleNames.size())) {
        throw InvalidParameter("rule must be the code of an update rule; got " +
                               std::to_string(rule) + ".");
    }
    return {.rule = static_cast<Rule>(rule),
            .nesterov = nesterov,
            .momentum = momentum,
            .beta_1 = beta_1,
            .beta_2 = beta_2,
            .decay = decay,
            .epsilon = epsilon,
            .initial_accumulator = initial_accumulator,
            .weight_decay = weight_decay};
}

template <class T>
void check_batches(const Network& network, const Batches<T>& batches) {
    if (batches.batch_size < 1) {
        throw InvalidParameter("batch_size must be 1 or more; got " +
                               std::to_string(batches.batch_size) + ".");
    }
    if (batches.n_rows < 1) throw ShapeMismatch("rows must hold at least one row; got none.");
    require_levels(network, batches.x);
    require_labels(network, batches.y);
    for (Index p = 0; batches.rows != nullptr && p < batches.n_rows; ++p) {
        if (batches.rows[p] < 0 || batches.rows[p] >= batches.x.rows) {
            throw InvalidParameter("rows must be from 0 to " + std::to_string(batches.x.rows - 1) +
                                   "; got " + std::to_string(batches.rows[p]) + ".");
        }
    }
}

// What rounds factors to bfloat16 where that is asked for, else null.
template <class T>
const Bfloat16Kernels* rounding_of(bool use_bfloat16) {
    if (!use_bfloat16) return nullptr;
    if constexpr (!std::is_same_v<T, float>) {
        throw InvalidParameter("matmul_precision='bfloat16' needs arrays of float32; got float64.");
    }
    const Bfloat16Kernels* rounding = rounding_kernels();
    if (rounding == nullptr) {
        throw InvalidParameter(
            "matmul_precision='bfloat16' needs a processor with AVX512_BF16 for engine='native', "
            "which computes with '" +
            std::string(instruction_set()) +
            "' alone here. Use matmul_precision=None or engine='reference'.");
    }
    return rounding;
}

template <class T>
int run(const Network& network, const RuleConfig& rule, const Matrix<const T>& x,
        const Matrix<const T>& y, const OptionalVector<const T>& weights,
        const OptionalVector<const std::int64_t>& rows, std::int64_t batch_size,
        std::uint64_t shuffle_key, std::uint64_t dropout_key, const Vector<T>& params,
        const Matrix<T>& slots, const Vector<std::int64_t>& cursor, const Vector<double>& totals,
        const Vector<double>& grad_norm, const Vector<const double>& rates, double max_grad_norm,
        const Matrix<double>& log_rows, const Vector<const std::int64_t>& measured,
        const Matrix<double>& update_ratio, const Vector<double>& seconds,
        const Vector<std::uint8_t>& cancel, double max_seconds, bool use_bfloat16, int n_threads,
        const OptionalMatrix<const T>& validation_x, const OptionalMatrix<const T>& validation_y,
        const OptionalVector<const T>& validation_weights, const OptionalVector<double>& best_loss,
        const OptionalVector<T>& best_params, const OptionalMatrix<double>& validation_rows) {
    require_length("params", params.shape(0), network.n_params());
    require_length("slots", slots.shape(0), rule.n_slots());
    require_length("a row of slots", slots.shape(1), network.n_params());
    require_length("a row of X", x.shape(1), network.n_inputs());
    require_length("a row of y", y.shape(1), network.n_targets());
    require_length("y", y.shape(0), static_cast<Index>(x.shape(0)));
    if (weights) require_length("weights", weights->shape(0), static_cast<Index>(x.shape(0)));
    require_length("cursor", cursor.shape(0), 3);
    require_length("totals", totals.shape(0), 3);
    require_length("grad_norm", grad_norm.shape(0), 2);
    require_length("update_ratio", update_ratio.shape(0), static_cast<Index>(measured.shape(0)));
    require_length("a row of update_ratio", update_ratio.shape(1),
                   static_cast<Index>(network.layers().size()));
    require_length("seconds", seconds.shape(0), static_cast<Index>(measured.shape(0)));
    check_measured({measured.data(), measured.shape(0)});
    require_length("cancel", cancel.shape(0), 1);

    const Batches<T> batches{view(x),
                             view(y),
                             data_or_null(weights),
                             data_or_null(rows),
                             static_cast<Index>(rows ? rows->shape(0) : x.shape(0)),
                             batch_size,
                             shuffle_key,
                             dropout_key};
    check_batches(network, batches);
    const std::int64_t steps_left = cursor.data()[1] + static_cast<std::int64_t>(rates.shape(0));
    if (cursor.data()[0] < 0 || cursor.data()[1] < 0 ||
        cursor.data()[1] >= batches.steps_per_epoch()) {
        throw InvalidParameter("cursor must stand inside an epoch of " +
                               std::to_string(batches.steps_per_epoch()) + " steps; got step " +
                               std::to_string(cursor.data()[1]) + ".");
    }
    require_length("log_rows", log_rows.shape(0), steps_left / batches.steps_per_epoch());
    require_length("a row of log_rows", log_rows.shape(1), 3);

    std::optional<Validation<T>> validation;
    if (validation_x && validation_y && best_loss && best_params && validation_rows) {
        refuse_foreign_loss(network);
        check_batch(network, Vector<const T>(*best_params), *validation_x, *validation_y,
                    validation_weights);
        require_length("best_loss", best_loss->shape(0), 1);
        require_length("validation_rows", validation_rows->shape(0),
                       static_cast<Index>(log_rows.shape(0)));
        require_length("a row of validation_rows", validation_rows->shape(1), 2);
        validation = {view(*validation_x), view(*validation_y), data_or_null(validation_weights),
                      best_loss->data(),   best_params->data(), validation_rows->data()};
    }

    const Bfloat16Kernels* rounding = rounding_of<T>(use_bfloat16);
    Watch watch(cancel.data(), signal_raised, max_seconds);
    const Crew crew(checked_threads(n_threads), watch);
    const TrainState<T> state{{params.data(), slots.data(), network.n_params()},
                              cursor.data(),
                              totals.data(),
                              grad_norm.data()};
    RunStatus status;
    {
        const nb::gil_scoped_release unlocked;
        TrainingRun<T> training(network, rule, batches, max_grad_norm, crew.n_threads(), rounding);
        const std::span<const double> every_rate{rates.data(), rates.shape(0)};
        const EpochLog log{log_rows.data(),
                           {measured.data(), measured.shape(0)},
                           update_ratio.data(),
                           seconds.data()};
        status = validation ? judged_run(training, network, batches, state, every_rate, log,
                                         *validation, crew, watch)
                            : training.run(state, every_rate, log, crew, watch);
    }
    rethrow_signal();
    return static_cast<int>(status);
}

template <class T>
void bind_run(nb::module_& module) {
    using namespace nb::literals;
    module.def("run", &run<T>, "network"_a, "rule"_a, "X"_a.noconvert(), "y"_a.noconvert(),
               "weights"_a.noconvert().none(), "rows"_a.noconvert().none(), "batch_size"_a,
               "shuffle_key"_a, "dropout_key"_a, "params"_a.noconvert(), "slots"_a.noconvert(),
               "cursor"_a.noconvert(), "totals"_a.noconvert(), "grad_norm"_a.noconvert(),
               "rates"_a.noconvert(), "max_grad_norm"_a, "log_rows"_a.noconvert(),
               "measured"_a.noconvert(), "update_ratio"_a.noconvert(), "seconds"_a.noconvert(),
               "cancel"_a.noconvert(), "max_seconds"_a, "use_bfloat16"_a, "n_threads"_a,
               "validation_X"_a.noconvert().none(), "validation_y"_a.noconvert().none(),
               "validation_weights"_a.noconvert().none(), "best_loss"_a.noconvert().none(),
               "best_params"_a.noconvert().none(), "validation_rows"_a.noconvert().none());
}

}  // namespace

void bind_training(nb::module_& module) {
    using namespace nb::literals;
    nb::class_<RuleConfig>(module, "Rule").def_prop_ro("n_slots", &RuleConfig::n_slots);
    module.def("make_rule", &make_rule, "rule"_a, "nesterov"_a, "momentum"_a, "beta_1"_a,
               "beta_2"_a, "decay"_a, "epsilon"_a, "initial_accumulator"_a, "weight_decay"_a);
    bind_run<float>(module);
    bind_run<double>(module);
    module.def(
        "permutation",
        [](std::uint64_t key, std::int64_t epoch, const Vector<std::int64_t>& out) {
            const auto n = static_cast<Index>(out.shape(0));
            if (n == 0) return;
            kernels<float>().shuffled_rows(row_order(key, epoch, n), 0, n, out.data());
        },
        "key"_a, "epoch"_a, "out"_a.noconvert());
}

}  // namespace gradus::bind
