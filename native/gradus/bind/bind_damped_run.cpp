// Iterations of Levenberg-Marquardt: checks and conversion only.
#include "bind/systems.hpp"
#include "train/damped_run.hpp"

namespace gradus::bind {
namespace {

/// What both forms are given besides their systems.
template <class T>
struct Given {
    const Network& network;
    const Matrix<const T>& x;
    const Matrix<const T>& y;
    const OptionalVector<const T>& weights;
    double damping;
    const Vector<T>& params;
    const Vector<std::int64_t>& cursor;
    const Vector<double>& grad_norm;
    const Vector<double>& scalars;
    const Matrix<double>& log_rows;
    const Vector<const std::int64_t>& measured;
    const Matrix<double>& update_ratio;
    const Vector<double>& seconds;
    const Vector<std::uint8_t>& cancel;
    double max_seconds, seconds_left;
    int n_threads;

    void check() const {
        check_batch(network, Vector<const T>(params), x, y, weights);
        refuse_foreign_loss(network);
        require_length("cursor", cursor.shape(0), 3);
        require_length("grad_norm", grad_norm.shape(0), 2);
        if (scalars.shape(0) < 2) throw ShapeMismatch("scalars must hold mu and nu.");
        require_length("a row of log_rows", log_rows.shape(1), 3);
        require_length("update_ratio", update_ratio.shape(0),
                       static_cast<Index>(measured.shape(0)));
        require_length("a row of update_ratio", update_ratio.shape(1),
                       static_cast<Index>(network.layers().size()));
        require_length("seconds", seconds.shape(0), static_cast<Index>(measured.shape(0)));
        check_measured({measured.data(), measured.shape(0)});
        require_length("cancel", cancel.shape(0), 1);
    }

    LeastSquaresRows<T> rows() const { return {view(x), view(y), data_or_null(weights)}; }

    /// As many iterations as there are rows of the log; make(n_threads) makes the system.
    template <class Make>
    int run(Make&& make) const {
        Watch watch(cancel.data(), signal_raised, max_seconds);
        const Crew crew(checked_threads(n_threads), watch);
        const DampedState<T> state{params.data(), cursor.data(), grad_norm.data(), scalars.data()};
        const EpochLog log{log_rows.data(),
                           {measured.data(), measured.shape(0)},
                           update_ratio.data(),
                           seconds.data()};
        RunStatus status;
        {
            const nb::gil_scoped_release unlocked;
            auto system = make(crew.n_threads());
            DampedRun<T, decltype(system)> iterations(network, rows(), system, damping);
            status = iterations.run(state, log_rows.shape(0), log, seconds_left, crew, watch);
        }
        rethrow_signal();
        return static_cast<int>(status);
    }
};

template <class T>
int run_by_matrix(const Network& network, const Matrix<const T>& x, const Matrix<const T>& y,
                  const OptionalVector<const T>& weights, double damping, const Vector<T>& params,
                  const Vector<std::int64_t>& cursor, const Vector<double>& grad_norm,
                  const Vector<double>& scalars, const Matrix<double>& log_rows,
                  const Vector<const std::int64_t>& measured, const Matrix<double>& update_ratio,
                  const Vector<double>& seconds, const Vector<std::uint8_t>& cancel,
                  double max_seconds, double seconds_left, int n_threads, const SpacedMatrix<T>& g,
                  const SpacedMatrix<T>& factor) {
    const Given<T> given{network, x,         y,           weights,      damping,  params,
                         cursor,  grad_norm, scalars,     log_rows,     measured, update_ratio,
                         seconds, cancel,    max_seconds, seconds_left, n_threads};
    given.check();
    require_square("G", g, network.n_params());
    require_square("factor", factor, network.n_params());
    return given.run([&](int threads) {
        return MatrixSystem<T>(network, given.rows(), view(g), view(factor), threads);
    });
}

template <class T>
int run_by_rows(const Network& network, const Matrix<const T>& x, const Matrix<const T>& y,
                const OptionalVector<const T>& weights, double damping, const Vector<T>& params,
                const Vector<std::int64_t>& cursor, const Vector<double>& grad_norm,
                const Vector<double>& scalars, const Matrix<double>& log_rows,
                const Vector<const std::int64_t>& measured, const Matrix<double>& update_ratio,
                const Vector<double>& seconds, const Vector<std::uint8_t>& cancel,
                double max_seconds, double seconds_left, int n_threads,
                const SpacedMatrix<T>& of_inputs, bool knows_inputs, const Vector<T>& fed,
                const Vector<T>& delta, const SpacedMatrix<T>& of_weights,
                const SpacedMatrix<T>& of_biases, const SpacedMatrix<T>& factor) {
    const Given<T> given{network, x,         y,           weights,      damping,  params,
                         cursor,  grad_norm, scalars,     log_rows,     measured, update_ratio,
                         seconds, cancel,    max_seconds, seconds_left, n_threads};
    given.check();
    const RowProducts<T> products = row_products_view(network, fed, delta, of_weights, of_biases);
    require_square("of_inputs", of_inputs, of_inputs.shape(0) == 0 ? 0 : products.m);
    require_square("factor", factor, products.m, 1);
    require_length("of_weights", products.m, view(x).rows * network.n_outputs());
    return given.run([&](int threads) {
        const InputProducts<T> inputs{view(of_inputs), knows_inputs};
        return RowSystem<T>(network, given.rows(), inputs, products, view(factor), threads);
    });
}

template <class T>
void bind_both(nb::module_& module) {
    using namespace nb::literals;
    const auto bind = [&](const char* name, auto function, const auto&... lent) {
        module.def(name, function, "network"_a, "X"_a.noconvert(), "y"_a.noconvert(),
                   "weights"_a.noconvert().none(), "damping"_a, "params"_a.noconvert(),
                   "cursor"_a.noconvert(), "grad_norm"_a.noconvert(), "scalars"_a.noconvert(),
                   "log_rows"_a.noconvert(), "measured"_a.noconvert(), "update_ratio"_a.noconvert(),
                   "seconds"_a.noconvert(), "cancel"_a.noconvert(), "max_seconds"_a,
                   "seconds_left"_a, "n_threads"_a, lent...);
    };
    bind("damped_run", &run_by_matrix<T>, "G"_a.noconvert(), "factor"_a.noconvert());
    bind("damped_run_by_rows", &run_by_rows<T>, "of_inputs"_a.noconvert(), "knows_inputs"_a,
         "fed"_a.noconvert(), "delta"_a.noconvert(), "of_weights"_a.noconvert(),
         "of_biases"_a.noconvert(), "factor"_a.noconvert());
}

}  // namespace

void bind_damped_run(nb::module_& module) {
    bind_both<float>(module);
    bind_both<double>(module);
}

}  // namespace gradus::bind
