// What a network is to the core: the steps of its pass forward, and where their parameters lie in
// the one flat vector. No numbers.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/enums.hpp"
#include "base/views.hpp"
#include "nn/loss_form.hpp"

namespace gradus {

/// a_out = f(a_in weight + bias): weight (fan_in, fan_out) row-major at params[weight_at], bias
/// (fan_out,) right behind it.
struct DenseLayer {
    Index fan_in;
    Index fan_out;
    Activation activation;
    bool has_bias;
    double max_norm;  // of a neuron's incoming weights, infinity where there is no limit
    Index weight_at;

    Index weight_count() const noexcept { return fan_in * fan_out; }
    /// Whether its weights leave a core's second cache no room for anything else.
    bool is_wide() const noexcept { return weight_count() > kMostInCache; }
    /// Whether its products are of factors rounded to bfloat16 where that is asked for; narrower
    /// ones gain little by it, and an output layer's few numbers decide what is answered.
    bool may_round() const noexcept { return fan_in >= kFewest && fan_out >= kFewest; }
    /// Whether its products row by row, and its sums over rows, are faster of factors cut into
    /// three bfloat16s, where tiles make them.
    bool may_cut() const noexcept { return fan_in >= kFewestCut && fan_out >= kFewestCut; }
    bool may_cut_sums() const noexcept {
        return fan_in >= kFewestInSums && fan_out >= kFewestInSums;
    }
    Index bias_at() const noexcept { return weight_at + weight_count(); }
    Index end() const noexcept { return bias_at() + (has_bias ? fan_out : 0); }

private:
    static constexpr Index kFewest = 32, kFewestCut = 64, kFewestInSums = 96;
    static constexpr Index kMostInCache = 131'072;
};

/// a_out = (a_in - mean) / sqrt(variance + epsilon) * scale + shift, mean and variance over the
/// numbers of a row: scale (width,) at params[scale_at], shift (width,) right behind it.
struct NormLayer {
    Index width;
    double epsilon;
    Index scale_at;

    Index shift_at() const noexcept { return scale_at + width; }
    Index end() const noexcept { return shift_at() + width; }
};

enum class StepKind { dense, dropout, norm, sum };

/// One step of the pass forward; step s turns what step s - 1 gave (step 0: what feeds the network)
/// into its own numbers. The last step is always dense.
///
/// dense: layers()[index]. norm: norms()[index]. dropout: in training each number is 0 with
/// probability `rate`, else divided by 1 - rate; index counts the dropouts. sum [HZRS16]: adds what
/// step `source` gave (kInput: what feeds the network); two sums never overlap, so that one such
/// array is kept at a time.
struct Step {
    static constexpr Index kInput = -1;

    StepKind kind;
    Index width;  // of its numbers
    std::size_t index = 0;
    double rate = 0;
    Index source = kInput;
    bool is_added_to = false;  // a later sum adds what this step is fed
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

/// A feed-forward network with its loss; the same layout as src/gradus/networks/params.py. It is
/// described once, step after step, and not changed when it is computed.
class Network {
public:
    /// embeddings = (levels, width) of the last columns of X. Throws InvalidParameter where a
    /// width, code or length is out of range.
    Network(std::int64_t n_inputs, LossForm loss, double l1, double l2,
            const std::vector<std::pair<std::int64_t, std::int64_t>>& embeddings = {});

    /// Each adds one step behind those that are there. Throws InvalidParameter where a number is
    /// out of range.
    void add_dense(std::int64_t width, int activation, bool has_bias, double max_norm);
    void add_dropout(double rate);
    void add_norm(double epsilon);
    void add_sum(std::int64_t source);

    const std::vector<Step>& steps() const noexcept { return steps_; }
    const std::vector<DenseLayer>& layers() const noexcept { return layers_; }
    const std::vector<NormLayer>& norms() const noexcept { return norms_; }
    const std::vector<EmbeddingTable>& embeddings() const noexcept { return embeddings_; }
    Loss loss() const noexcept { return loss_.loss; }
    const LossForm& loss_form() const noexcept { return loss_; }
    double l1() const noexcept { return l1_; }
    double l2() const noexcept { return l2_; }
    /// Columns of X, of which the first n_plain() hold numbers and the others levels.
    Index n_inputs() const noexcept { return n_inputs_; }
    Index n_plain() const noexcept { return n_inputs_ - static_cast<Index>(embeddings_.size()); }
    /// Numbers that feed step 0: the plain columns, then those of the embeddings.
    Index input_width() const noexcept { return input_width_; }
    Index n_outputs() const noexcept { return layers_.back().fan_out; }
    Index n_targets() const noexcept { return loss_.has_one_target() ? 1 : n_outputs(); }
    Index n_params() const noexcept { return n_params_; }
    /// Numbers that step s is fed.
    Index fan_in(std::size_t s) const noexcept {
        return s == 0 ? input_width_ : steps_[s - 1].width;
    }
    /// Of all steps' numbers, and with embeddings or without a first dense step of the input.
    Index widest() const noexcept { return widest_; }
    bool has_wide_layer() const noexcept { return has_wide_layer_; }
    /// Whether some step adds what an earlier one gave.
    bool has_sums() const noexcept { return has_sums_; }

    /// Floating point operations of one row's pass forward (back costs twice that).
    double work_per_row() const noexcept;

private:
    void add_embeddings(const std::vector<std::pair<std::int64_t, std::int64_t>>& embeddings);
    Index width_so_far() const noexcept { return fan_in(steps_.size()); }

    Index n_inputs_;
    Index input_width_;
    std::vector<EmbeddingTable> embeddings_;
    std::vector<Step> steps_;
    std::vector<DenseLayer> layers_;
    std::vector<NormLayer> norms_;
    std::size_t n_dropouts_ = 0;
    LossForm loss_;
    double l1_;
    double l2_;
    Index n_params_ = 0;
    Index widest_ = 0;
    bool has_wide_layer_ = false;
    bool has_sums_ = false;
};

}  // namespace gradus
