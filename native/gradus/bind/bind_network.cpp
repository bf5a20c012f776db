// Network, its outputs, loss and gradient: checks and conversion only.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include "bind/batch.hpp"
#include "linalg/finite.hpp"
#include "nn/batch_gradient.hpp"
#include "nn/evaluate.hpp"
#include "nn/second_order.hpp"

namespace gradus::bind {
namespace {

// Work of a call that others are let run beside.
constexpr double kLong = 1e6;

/// Returns whether all numbers of X were finite.
template <class T>
bool outputs(const Network& network, const Vector<const T>& params, const Matrix<const T>& x,
             const Matrix<T>& out, int n_threads) {
    require_length("params", params.shape(0), network.n_params());
    require_length("a row of X", x.shape(1), network.n_inputs());
    require_length("a row of out", out.shape(1), network.n_outputs());
    require_length("out", out.shape(0), static_cast<Index>(x.shape(0)));
    require_levels(network, view(x));
    Watch watch(nullptr, signal_raised, 0);
    const Crew crew(checked_threads(n_threads), watch);
    std::atomic<bool> is_finite{true};
    const auto go = [&] {
        network_outputs(network, params.data(), view(x), view(out), crew, &is_finite);
    };
    if (network.work_per_row() * static_cast<double>(x.shape(0)) < kLong) {
        go();
    } else {
        const nb::gil_scoped_release unlocked;
        go();
    }
    rethrow_signal();
    return is_finite.load(std::memory_order_relaxed);
}

template <class T>
std::pair<double, double> evaluate(const Network& network, const Vector<const T>& params,
                                   const Matrix<const T>& x, const Matrix<const T>& y,
                                   const OptionalVector<const T>& weights, int n_threads) {
    check_batch(network, params, x, y, weights);
    refuse_foreign_loss(network);
    Watch watch(nullptr, signal_raised, 0);
    const Crew crew(checked_threads(n_threads), watch);
    Totals totals;
    {
        const nb::gil_scoped_release unlocked;
        network_totals(network, params.data(), view(x), view(y), data_or_null(weights), crew,
                       totals);
    }
    rethrow_signal();
    return {totals.mean_loss(), totals.mean_measure()};
}

template <class T>
double gradient(const Network& network, const Vector<const T>& params, const Matrix<const T>& x,
                const Matrix<const T>& y, const OptionalVector<const T>& weights,
                const Vector<T>& grads, int n_threads) {
    check_batch(network, params, x, y, weights);
    require_length("grads", grads.shape(0), network.n_params());
    Watch watch(nullptr, signal_raised, 0);
    const Crew crew(checked_threads(n_threads), watch);
    Totals totals;
    {
        const nb::gil_scoped_release unlocked;
        batch_gradient(network, params.data(), view(x), view(y), data_or_null(weights),
                       grads.data(), crew, totals);
    }
    rethrow_signal();
    return totals.mean_loss();
}

template <class T>
bool are_finite(const Vector<const T>& x, int n_threads) {
    Watch watch(nullptr, signal_raised, 0);
    const Crew crew(checked_threads(n_threads), watch);
    bool is_finite = false;
    {
        const nb::gil_scoped_release unlocked;
        is_finite = all_finite(kernels<T>(), x.data(), static_cast<Index>(x.shape(0)), crew);
    }
    rethrow_signal();
    return is_finite;
}

template <class Pass, class T>
void multiply(const Network& network, const Vector<const T>& params, const Matrix<const T>& x,
              const Matrix<const T>& y, const OptionalVector<const T>& weights,
              const Vector<const T>& v, const Vector<T>& out, int n_threads) {
    refuse_foreign_loss(network);
    check_batch(network, params, x, y, weights);
    require_length("v", v.shape(0), network.n_params());
    require_length("out", out.shape(0), network.n_params());
    Watch watch(nullptr, signal_raised, 0);
    const Crew crew(checked_threads(n_threads), watch);
    {
        const nb::gil_scoped_release unlocked;
        second_order_product<Pass>(network, params.data(), view(x), view(y), data_or_null(weights),
                                   v.data(), out.data(), crew);
    }
    rethrow_signal();
}

template <class T>
void bind_functions(nb::module_& module) {
    using namespace nb::literals;
    module.def("outputs", &outputs<T>, "network"_a, "params"_a.noconvert(), "X"_a.noconvert(),
               "out"_a.noconvert(), "n_threads"_a);
    module.def("evaluate", &evaluate<T>, "network"_a, "params"_a.noconvert(), "X"_a.noconvert(),
               "y"_a.noconvert(), "weights"_a.noconvert().none(), "n_threads"_a);
    module.def("gradient", &gradient<T>, "network"_a, "params"_a.noconvert(), "X"_a.noconvert(),
               "y"_a.noconvert(), "weights"_a.noconvert().none(), "grads"_a.noconvert(),
               "n_threads"_a);
    module.def("all_finite", &are_finite<T>, "x"_a.noconvert(), "n_threads"_a);
    const auto bind_product = [&](const char* name, auto function) {
        module.def(name, function, "network"_a, "params"_a.noconvert(), "X"_a.noconvert(),
                   "y"_a.noconvert(), "weights"_a.noconvert().none(), "v"_a.noconvert(),
                   "out"_a.noconvert(), "n_threads"_a);
    };
    bind_product("hvp", &multiply<HessianPass<T>, T>);
    bind_product("ggn_vp", &multiply<GaussNewtonPass<T>, T>);
}

}  // namespace

void bind_network(nb::module_& module) {
    using namespace nb::literals;
    nb::class_<Network>(module, "Network")
        .def(nb::init<std::int64_t, const LossForm&, double, double,
                      const std::vector<std::pair<std::int64_t, std::int64_t>>&>(),
             "n_inputs"_a, "loss"_a, "l1"_a, "l2"_a, "embeddings"_a)
        .def("add_dense", &Network::add_dense, "width"_a, "activation"_a, "has_bias"_a,
             "max_norm"_a)
        .def("add_dropout", &Network::add_dropout, "rate"_a)
        .def("add_norm", &Network::add_norm, "epsilon"_a)
        .def("add_sum", &Network::add_sum, "source"_a)
        .def_prop_ro("n_params", &Network::n_params);
    bind_functions<float>(module);
    bind_functions<double>(module);
}

}  // namespace gradus::bind
