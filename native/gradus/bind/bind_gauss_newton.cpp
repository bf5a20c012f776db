// The Gauss-Newton matrix and damped steps, from the matrix or row by row: checks and conversion
// only.
#include "bind/systems.hpp"
#include "linalg/cholesky.hpp"

namespace gradus::bind {
namespace {

template <class T>
void gauss_newton(const Network& network, const Vector<const T>& params, const Matrix<const T>& x,
                  const Matrix<const T>& y, const OptionalVector<const T>& weights,
                  const SpacedMatrix<T>& g, const Cancel& cancel, int n_threads) {
    check_batch(network, params, x, y, weights);
    refuse_foreign_loss(network);
    require_square("G", g, network.n_params());
    Watch watch(data_or_null(cancel), signal_raised, 0);
    const Crew crew(checked_threads(n_threads), watch);
    {
        const nb::gil_scoped_release unlocked;
        GaussNewton<T> sum(network, view(x).rows, crew.n_threads());
        sum.matrix(params.data(), view(x), view(y), data_or_null(weights),
                   sum_of_weights(data_or_null(weights), view(x).rows), view(g), crew);
    }
    rethrow_signal();
}

/// How far the model falls along a step that was found; none where the matrix is not positive
/// definite, or the call was stopped.
template <class T>
std::optional<double> fall(Factored ended, const Vector<T>& step, const Vector<const T>& grads,
                           double damping) {
    if (ended != Factored::done) return std::nullopt;
    return fall_of_model<T>(step.data(), grads.data(), static_cast<Index>(step.shape(0)), damping);
}

/// step = -(G + damping)^-1 grads; `factor` holds the Cholesky factor afterwards.
template <class T>
std::optional<double> damped_step(const SpacedMatrix<const T>& g, const Vector<const T>& grads,
                                  double damping, const SpacedMatrix<T>& factor,
                                  const Vector<T>& step, const Cancel& cancel, int n_threads) {
    const auto n = static_cast<Index>(g.shape(0));
    require_square("G", g, n);
    require_square("factor", factor, n);
    require_length("grads", grads.shape(0), n);
    require_length("step", step.shape(0), n);
    Watch watch(data_or_null(cancel), signal_raised, 0);
    const Crew crew(checked_threads(n_threads), watch);
    Factored ended = Factored::stopped;
    {
        const nb::gil_scoped_release unlocked;
        const Cholesky<T> cholesky(kernels<T>(), n, crew.n_threads());
        const Damped<T> fill{view(g), static_cast<T>(damping), view(factor)};
        ended = cholesky.factor(view(factor), crew, fill);
        for (Index i = 0; i < n; ++i) step.data()[i] = -grads.data()[i];
        if (ended == Factored::done) cholesky.solve(view(factor), step.data(), crew);
    }
    rethrow_signal();
    return fall(ended, step, grads, damping);
}

/// The diagonal of (L L')^-1, whose lower factor L is in `factor`, which is overwritten.
template <class T>
void inverse_diagonal(const SpacedMatrix<T>& factor, const Vector<double>& diagonal,
                      const Cancel& cancel, int n_threads) {
    const auto n = static_cast<Index>(factor.shape(0));
    require_square("factor", factor, n);
    require_length("diagonal", diagonal.shape(0), n);
    Watch watch(data_or_null(cancel), signal_raised, 0);
    const Crew crew(checked_threads(n_threads), watch);
    {
        const nb::gil_scoped_release unlocked;
        Cholesky<T>(kernels<T>(), n, crew.n_threads())
            .inverse_diagonal(view(factor), diagonal.data(), crew);
    }
    rethrow_signal();
}

/// Fills `grads` too. The trace of J J'; none where it did not come to the end, and `of_inputs`
/// holds nothing of use.
template <class T>
std::optional<double> row_products(const Network& network, const Vector<const T>& params,
                                   const Matrix<const T>& x, const Matrix<const T>& y,
                                   const OptionalVector<const T>& weights,
                                   const SpacedMatrix<T>& of_inputs, bool knows_inputs,
                                   const Vector<T>& fed, const Vector<T>& delta,
                                   const SpacedMatrix<T>& of_weights,
                                   const SpacedMatrix<T>& of_biases, const Vector<T>& grads,
                                   const Cancel& cancel, int n_threads) {
    check_batch(network, params, x, y, weights);
    require_length("grads", grads.shape(0), network.n_params());
    refuse_foreign_loss(network);
    const RowProducts<T> products = row_products_view(network, fed, delta, of_weights, of_biases);
    require_square("of_inputs", of_inputs, of_inputs.shape(0) == 0 ? 0 : products.m);
    require_length("of_weights", products.m, view(x).rows * network.n_outputs());
    const double weight_sum = sum_of_weights(data_or_null(weights), view(x).rows);
    Watch watch(data_or_null(cancel), signal_raised, 0);
    const Crew crew(checked_threads(n_threads), watch);
    bool is_done = false;
    {
        const nb::gil_scoped_release unlocked;
        RowSums<T> sums(network, view(x).rows, crew.n_threads());
        is_done = sums.sum(params.data(), view(x), view(y), data_or_null(weights), weight_sum,
                           {view(of_inputs), knows_inputs}, products, grads.data(), crew);
    }
    rethrow_signal();
    return is_done ? std::optional<double>(products.trace()) : std::nullopt;
}

template <class T>
std::optional<double> row_step(const Network& network, const Vector<T>& fed, const Vector<T>& delta,
                               const SpacedMatrix<T>& of_weights, const SpacedMatrix<T>& of_biases,
                               const Vector<const T>& grads, double damping,
                               const SpacedMatrix<T>& factor, const Vector<T>& step,
                               const Cancel& cancel, int n_threads) {
    const RowProducts<T> products = row_products_view(network, fed, delta, of_weights, of_biases);
    require_square("factor", factor, products.m, 1);
    require_length("grads", grads.shape(0), network.n_params());
    require_length("step", step.shape(0), network.n_params());
    Watch watch(data_or_null(cancel), signal_raised, 0);
    const Crew crew(checked_threads(n_threads), watch);
    Factored ended;
    {
        const nb::gil_scoped_release unlocked;
        const RowForm<T> form(network, products.m, crew.n_threads());
        ended = form.step(products, grads.data(), damping, view(factor), step.data(), crew);
    }
    rethrow_signal();
    return fall(ended, step, grads, damping);
}

template <class T>
void bind_functions(nb::module_& module) {
    using namespace nb::literals;
    module.def("gauss_newton", &gauss_newton<T>, "network"_a, "params"_a.noconvert(),
               "X"_a.noconvert(), "y"_a.noconvert(), "weights"_a.noconvert().none(),
               "G"_a.noconvert(), "cancel"_a.noconvert().none(), "n_threads"_a);
    module.def("damped_step", &damped_step<T>, "G"_a.noconvert(), "grads"_a.noconvert(),
               "damping"_a, "factor"_a.noconvert(), "step"_a.noconvert(),
               "cancel"_a.noconvert().none(), "n_threads"_a);
    module.def("inverse_diagonal", &inverse_diagonal<T>, "factor"_a.noconvert(),
               "diagonal"_a.noconvert(), "cancel"_a.noconvert().none(), "n_threads"_a);
    module.def("row_products", &row_products<T>, "network"_a, "params"_a.noconvert(),
               "X"_a.noconvert(), "y"_a.noconvert(), "weights"_a.noconvert().none(),
               "of_inputs"_a.noconvert(), "knows_inputs"_a, "fed"_a.noconvert(),
               "delta"_a.noconvert(), "of_weights"_a.noconvert(), "of_biases"_a.noconvert(),
               "grads"_a.noconvert(), "cancel"_a.noconvert().none(), "n_threads"_a);
    module.def("row_step", &row_step<T>, "network"_a, "fed"_a.noconvert(), "delta"_a.noconvert(),
               "of_weights"_a.noconvert(), "of_biases"_a.noconvert(), "grads"_a.noconvert(),
               "damping"_a, "factor"_a.noconvert(), "step"_a.noconvert(),
               "cancel"_a.noconvert().none(), "n_threads"_a);
}

}  // namespace

void bind_gauss_newton(nb::module_& module) {
    bind_functions<float>(module);
    bind_functions<double>(module);
}

}  // namespace gradus::bind
