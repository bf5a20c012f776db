// What is lent for the systems of Levenberg-Marquardt, and its checks.
#pragma once

#include "bind/batch.hpp"
#include "nn/gauss_newton.hpp"
#include "nn/row_form.hpp"

namespace gradus::bind {

/// What another thread may raise to end a call; its results then mean nothing.
using Cancel = OptionalVector<std::uint8_t>;

template <class T>
void require_square(const char* name, const SpacedMatrix<T>& m, Index n, Index more_cols = 0) {
    require_length(name, m.shape(0), n);
    require_length((std::string("a row of ") + name).c_str(), m.shape(1), n + more_cols);
    if (n > 1 && m.stride(1) != 1)
        throw ShapeMismatch(std::string(name) + " must have rows without gaps.");
}

/// `of_biases` is empty where there is no penalty.
template <class T>
RowProducts<T> row_products_view(const Network& network, const Vector<T>& fed,
                                 const Vector<T>& delta, const SpacedMatrix<T>& of_weights,
                                 const SpacedMatrix<T>& of_biases) {
    if (!network.embeddings().empty() || !network.norms().empty())
        throw InvalidParameter("row products must be of dense layers alone.");
    const auto m = static_cast<Index>(of_weights.shape(0));
    Index in = 0, out = 0;
    for (const DenseLayer& layer : network.layers()) in += layer.fan_in, out += layer.fan_out;
    require_length("fed", fed.shape(0), m * in);
    require_length("delta", delta.shape(0), m * out);
    require_square("of_weights", of_weights, m);
    require_square("of_biases", of_biases, network.l2() == 0 ? 0 : m);
    return {m, fed.data(), delta.data(), view(of_weights), view(of_biases)};
}

}  // namespace gradus::bind
