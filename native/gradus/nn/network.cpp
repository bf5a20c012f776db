#include "nn/network.hpp"

#include <algorithm>
#include <string>

#include "base/errors.hpp"

namespace gradus {

Network::Network(std::int64_t n_inputs, LossForm loss, double l1, double l2,
                 const std::vector<std::pair<std::int64_t, std::int64_t>>& embeddings)
    : n_inputs_(n_inputs), loss_(std::move(loss)), l1_(l1), l2_(l2) {
    if (n_inputs < 1) {
        throw InvalidParameter("n_inputs must be 1 or more; got " + std::to_string(n_inputs) + ".");
    }
    add_embeddings(embeddings);
}

void Network::add_embeddings(const std::vector<std::pair<std::int64_t, std::int64_t>>& embeddings) {
    Index column = n_inputs_ - static_cast<Index>(embeddings.size());
    if (column < 0) throw InvalidParameter("embeddings must be at most as many as inputs.");
    input_width_ = column;
    for (const auto& [n_levels, width] : embeddings) {
        if (n_levels < 1 || width < 1) {
            throw InvalidParameter("embeddings must have levels and widths of 1 or more.");
        }
        embeddings_.push_back({n_levels, width, column, input_width_, n_params_});
        ++column;
        input_width_ += width;
        n_params_ = embeddings_.back().end();
    }
    if (!embeddings_.empty()) widest_ = input_width_;
}

void Network::add_dense(std::int64_t width, int activation, bool has_bias, double max_norm) {
    if (width < 1) {
        throw InvalidParameter("width must be 1 or more; got " + std::to_string(width) + ".");
    }
    if (activation < 0 || activation >= static_cast<int>(kActivationNames.size())) {
        throw InvalidParameter("activation must be the code of an activation; got " +
                               std::to_string(activation) + ".");
    }
    layers_.push_back({width_so_far(), width, static_cast<Activation>(activation), has_bias,
                       max_norm, n_params_});
    steps_.push_back({StepKind::dense, width, layers_.size() - 1});
    has_wide_layer_ = has_wide_layer_ || layers_.back().is_wide();
    n_params_ = layers_.back().end();
    widest_ = std::max<Index>(widest_, width);
}

void Network::add_dropout(double rate) {
    if (!(rate >= 0 && rate < 1)) {
        throw InvalidParameter("rate must be at least 0 and less than 1; got " +
                               std::to_string(rate) + ".");
    }
    steps_.push_back({StepKind::dropout, width_so_far(), n_dropouts_++, rate});
    widest_ = std::max(widest_, width_so_far());
}

void Network::add_norm(double epsilon) {
    norms_.push_back({width_so_far(), epsilon, n_params_});
    steps_.push_back({StepKind::norm, width_so_far(), norms_.size() - 1});
    n_params_ = norms_.back().end();
    widest_ = std::max(widest_, width_so_far());
}

void Network::add_sum(std::int64_t source) {
    const auto n_steps = static_cast<std::int64_t>(steps_.size());
    if (source < Step::kInput || source + 1 >= n_steps ||
        fan_in(static_cast<std::size_t>(source + 1)) != width_so_far()) {
        throw InvalidParameter("source must be an earlier step of the same width; got " +
                               std::to_string(source) + ".");
    }
    for (std::size_t s = 0; s < steps_.size(); ++s) {
        if (steps_[s].kind == StepKind::sum && static_cast<std::int64_t>(s) > source) {
            throw InvalidParameter("source must not stand before an earlier sum; got " +
                                   std::to_string(source) + ".");
        }
    }
    steps_.push_back({StepKind::sum, width_so_far(), 0, 0, source});
    widest_ = std::max(widest_, width_so_far());
    steps_[static_cast<std::size_t>(source + 1)].is_added_to = true;
    has_sums_ = true;
}

double Network::work_per_row() const noexcept {
    double work = 0;
    for (const DenseLayer& layer : layers_) work += 2.0 * static_cast<double>(layer.weight_count());
    return work;
}

}  // namespace gradus
