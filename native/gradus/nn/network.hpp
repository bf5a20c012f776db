// What a network is to the core: its layers and where their parameters lie in the one flat vector.
// No numbers.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/enums.hpp"
#include "base/views.hpp"

namespace gradus {

/// a_out = f(a_in weight + bias): weight (fan_in, fan_out) row-major at params[weight_at], bias
/// (fan_out,) right behind it.
struct DenseLayer {
    Index fan_in;
    Index fan_out;
    Activation activation;
    bool has_bias;
    Index weight_at;

    Index weight_count() const noexcept { return fan_in * fan_out; }
    Index bias_at() const noexcept { return weight_at + weight_count(); }
    Index end() const noexcept { return bias_at() + (has_bias ? fan_out : 0); }
};

/// A column of level numbers that is replaced by learnt ones: level k becomes row k of the table
/// (n_levels, width), row-major at params[weight_at].
struct EmbeddingTable {
    Index n_levels;
    Index width;
    Index column;  // of X
    Index input;   // first of the columns of layer 1's input that it fills
    Index weight_at;

    Index weight_count() const noexcept { return n_levels * width; }
    Index end() const noexcept { return weight_at + weight_count(); }
};

/// A feed-forward network with its loss; the same layout as src/gradus/networks/params.py.
class Network {
public:
    /// widths = columns of X, then one width per layer; embeddings = (levels, width) of the last
    /// columns. Throws InvalidParameter where a width, code or length is out of range.
    Network(const std::vector<std::int64_t>& widths, const std::vector<int>& activations,
            const std::vector<int>& has_bias, int loss, double l2,
            const std::vector<std::pair<std::int64_t, std::int64_t>>& embeddings = {});

    const std::vector<DenseLayer>& layers() const noexcept { return layers_; }
    const std::vector<EmbeddingTable>& embeddings() const noexcept { return embeddings_; }
    Loss loss() const noexcept { return loss_; }
    double l2() const noexcept { return l2_; }
    /// Columns of X, of which the first n_plain() hold numbers and the others levels.
    Index n_inputs() const noexcept { return n_inputs_; }
    Index n_plain() const noexcept { return n_inputs_ - static_cast<Index>(embeddings_.size()); }
    /// Columns of layer 1's input that the embeddings fill; they come last.
    Index n_embedded() const noexcept { return layers_.front().fan_in - n_plain(); }
    Index n_outputs() const noexcept { return layers_.back().fan_out; }
    Index n_targets() const noexcept { return loss_ == Loss::squared_error ? n_outputs() : 1; }
    Index n_params() const noexcept { return layers_.back().end(); }
    /// Of all layers' outputs, and with embeddings of layer 1's input.
    Index widest() const noexcept { return widest_; }

    /// Floating point operations of one row's pass forward (back costs twice that).
    double work_per_row() const noexcept;

private:
    Index add_embeddings(const std::vector<std::pair<std::int64_t, std::int64_t>>& embeddings);

    Index n_inputs_;
    std::vector<EmbeddingTable> embeddings_;
    std::vector<DenseLayer> layers_;
    Loss loss_;
    double l2_;
    Index widest_ = 0;
};

}  // namespace gradus
