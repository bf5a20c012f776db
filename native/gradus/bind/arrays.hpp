// The array types that cross from Python: contiguous, on the processor, of exactly one number type,
// never converted.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/errors.hpp"
#include "base/views.hpp"
#include "base/watch.hpp"

namespace gradus::bind {

namespace nb = nanobind;

template <class T>
using Vector = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
/// A matrix whose rows may lie further apart than they are long.
template <class T>
using SpacedMatrix = nb::ndarray<T, nb::ndim<2>, nb::device::cpu>;
template <class T>
using OptionalVector = std::optional<Vector<T>>;
template <class T>
using OptionalMatrix = std::optional<Matrix<T>>;

template <class T>
MatrixView<T> view(const Matrix<T>& m) {
    const auto rows = static_cast<Index>(m.shape(0)), cols = static_cast<Index>(m.shape(1));
    return {m.data(), rows, cols, cols};
}

template <class T>
MatrixView<T> view(const SpacedMatrix<T>& m) {
    return {m.data(), static_cast<Index>(m.shape(0)), static_cast<Index>(m.shape(1)),
            static_cast<Index>(m.stride(0))};
}

template <class T>
T* data_or_null(const OptionalVector<T>& v) {
    return v ? v->data() : nullptr;
}

/// Throws ShapeMismatch unless a length is as it must be.
inline void require_length(const char* name, std::size_t length, Index expected) {
    if (static_cast<Index>(length) == expected) return;
    throw ShapeMismatch(std::string(name) + " must have length " + std::to_string(expected) +
                        "; got " + std::to_string(length) + ".");
}

/// Steps are looked for in their order.
inline void check_measured(std::span<const std::int64_t> measured) {
    std::int64_t before = -1;
    for (const std::int64_t step : measured) {
        if (step <= before) {
            throw InvalidParameter("measured must rise from 0 or more; got " +
                                   std::to_string(step) + " after " + std::to_string(before) + ".");
        }
        before = step;
    }
}

inline int checked_threads(int n_threads) {
    if (n_threads >= 1 && n_threads <= 1024) return n_threads;
    throw InvalidParameter("n_threads must be from 1 to 1024; got " + std::to_string(n_threads) +
                           ".");
}

/// Asks Python for signals; true when a handler raised, in which case the exception waits on this
/// thread.
inline bool signal_raised() {
    const nb::gil_scoped_acquire gil;
    return PyErr_CheckSignals() != 0;
}

/// Throws the exception that a signal handler left, once the lock is held again.
inline void rethrow_signal() {
    if (PyErr_Occurred() != nullptr) throw nb::python_error();
}

void bind_damped_run(nb::module_& module);
void bind_gauss_newton(nb::module_& module);
void bind_loss(nb::module_& module);
void bind_network(nb::module_& module);
void bind_training(nb::module_& module);

}  // namespace gradus::bind
