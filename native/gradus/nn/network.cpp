#include "nn/network.hpp"

#include <algorithm>
#include <string>

#include "base/errors.hpp"

namespace gradus {

Network::Network(const std::vector<std::int64_t>& widths, const std::vector<int>& activations,
                 const std::vector<int>& has_bias, int loss, double l2,
                 const std::vector<std::pair<std::int64_t, std::int64_t>>& embeddings)
    : n_inputs_(widths.empty() ? 0 : widths[0]), loss_(static_cast<Loss>(loss)), l2_(l2) {
    const std::size_t n_layers = activations.size();
    if (n_layers == 0 || widths.size() != n_layers + 1 || has_bias.size() != n_layers) {
        throw InvalidParameter(
            "widths must hold one number more than activations and biases; got " +
            std::to_string(widths.size()) + ", " + std::to_string(n_layers) + " and " +
            std::to_string(has_bias.size()) + ".");
    }
    if (loss < 0 || loss >= static_cast<int>(kLossNames.size())) {
        throw InvalidParameter("loss must be the code of a loss; got " + std::to_string(loss) +
                               ".");
    }
    Index fan_in = add_embeddings(embeddings);
    Index at = embeddings_.empty() ? 0 : embeddings_.back().end();
    for (std::size_t l = 0; l < n_layers; ++l) {
        if (widths[l] < 1 || widths[l + 1] < 1) throw InvalidParameter("widths must be 1 or more.");
        if (activations[l] < 0 || activations[l] >= static_cast<int>(kActivationNames.size())) {
            throw InvalidParameter("activations must be codes of activations; got " +
                                   std::to_string(activations[l]) + ".");
        }
        layers_.push_back(
            {fan_in, widths[l + 1], static_cast<Activation>(activations[l]), has_bias[l] != 0, at});
        at = layers_.back().end();
        fan_in = widths[l + 1];
        widest_ = std::max<Index>(widest_, widths[l + 1]);
    }
}

// Returns the number of columns of layer 1's input.
Index Network::add_embeddings(
    const std::vector<std::pair<std::int64_t, std::int64_t>>& embeddings) {
    Index column = n_inputs_ - static_cast<Index>(embeddings.size());
    if (column < 0) throw InvalidParameter("embeddings must be at most as many as inputs.");
    Index input = column, at = 0;
    for (const auto& [n_levels, width] : embeddings) {
        if (n_levels < 1 || width < 1) {
            throw InvalidParameter("embeddings must have levels and widths of 1 or more.");
        }
        embeddings_.push_back({n_levels, width, column, input, at});
        ++column;
        input += width;
        at = embeddings_.back().end();
    }
    if (!embeddings_.empty()) widest_ = input;
    return input;
}

double Network::work_per_row() const noexcept {
    double work = 0;
    for (const DenseLayer& layer : layers_) work += 2.0 * static_cast<double>(layer.weight_count());
    return work;
}

}  // namespace gradus
