// The derivative of a pass forward along a vector of parameters, R, step after step [Pea94]. The
// formulas: src/gradus/engines/second_order.py.
#pragma once

#include <vector>

#include "nn/norm_tangent.hpp"
#include "nn/trace.hpp"

namespace gradus {

/// What the numbers of each step of a Trace change by, along v. Scratch is sized for the largest
/// block; `forward` fills it anew.
template <class T>
class Tangent {
public:
    Tangent(const Network& network, Index most_rows, Arena& arena)
        : network_(network),
          input_(arena.take<T>(most_rows * embedded_width(network))),
          steps_(network.steps().size()) {
        for (std::size_t s = 0; s < steps_.size(); ++s) {
            const Step& step = network.steps()[s];
            if (step.kind == StepKind::dropout) continue;
            steps_[s].own = arena.take<T>(most_rows * step.width);
            if (step.kind != StepKind::norm) continue;
            steps_[s].normalized = arena.take<T>(most_rows * step.width);
            steps_[s].along = arena.take<double>(most_rows);
        }
    }

    static void count(ArenaSize& size, const Network& network, Index most_rows) {
        size.add<T>(most_rows * embedded_width(network));
        for (const Step& step : network.steps()) {
            if (step.kind == StepKind::dropout) continue;
            size.add<T>(most_rows * step.width);
            if (step.kind != StepKind::norm) continue;
            size.add<T>(most_rows * step.width);
            size.add<double>(most_rows);
        }
    }

    /// Goes along a pass forward of the rows x in which nothing was dropped. Where `trace` keeps
    /// f''(z) of a layer, it is multiplied by R z. Returns false if told to stop on the way.
    bool forward(const Kernels<T>& kernels, const Trace<T>& trace, const T* params, const T* v,
                 MatrixView<const T> x, const PackBuffers<T>& buffers, const Crew& crew) {
        rows_ = x.rows;
        fed_ = embedding_tangent(v, x);
        for (std::size_t s = 0; s < steps_.size(); ++s) {
            const Step& step = network_.steps()[s];
            const MatrixView<const T> r_in = input(s);
            const MatrixView<T> r_out = own(s);
            steps_[s].given = r_out;
            bool is_done = true;
            switch (step.kind) {
                case StepKind::dense:
                    is_done = dense(kernels, trace, s, params, v, r_in, r_out, buffers, crew);
                    break;
                case StepKind::norm:
                    is_done =
                        norm_forward_tangent(network_.norms()[step.index], params, v,
                                             trace.normalized(s), r_in, normalized(s), r_out, crew);
                    break;
                case StepKind::sum:
                    is_done = sum(kernels, s, r_in, after(step.source), r_out, crew);
                    break;
                case StepKind::dropout:
                    steps_[s].given = r_in;
                    break;
            }
            if (!is_done) return false;
        }
        return true;
    }

    /// R of what step s was fed; its data is null where no parameter moves that.
    MatrixView<const T> input(std::size_t s) const noexcept {
        return after(static_cast<Index>(s) - 1);
    }
    /// R of the last step's numbers, to be written over.
    MatrixView<T> outputs() const noexcept { return own(steps_.size() - 1); }

    NormalizedTangent<T> normalized(std::size_t s) const noexcept {
        return {view(steps_[s].normalized, s), steps_[s].along};
    }

private:
    struct StepScratch {
        T* own = nullptr;           // (rows, width)
        T* normalized = nullptr;    // (rows, width), of a norm
        double* along = nullptr;    // (rows,), of a norm
        MatrixView<const T> given;  // own, or of what changes nothing what it was fed
    };

    static Index embedded_width(const Network& network) noexcept {
        return network.embeddings().empty() ? 0 : network.input_width();
    }
    MatrixView<const T> after(Index s) const noexcept {
        return s == Step::kInput ? fed_ : steps_[static_cast<std::size_t>(s)].given;
    }
    MatrixView<T> own(std::size_t s) const noexcept { return view(steps_[s].own, s); }
    MatrixView<T> view(T* data, std::size_t s) const noexcept {
        const Index width = network_.steps()[s].width;
        return {data, rows_, width, width};
    }

    // The rows themselves, which no parameter moves, and behind them what embeddings fill.
    MatrixView<const T> embedding_tangent(const T* v, MatrixView<const T> x) const noexcept {
        if (network_.embeddings().empty()) return {};
        const Index width = network_.input_width();
        const MatrixView<T> fed{input_, rows_, width, width};
        embed(network_, v, x, fed);
        for (Index i = 0; i < rows_; ++i) std::fill_n(fed.row(i), network_.n_plain(), T(0));
        return fed;
    }

    // R z = R a_in weight + a_in V + c, with V and c for v's weight and bias; R a = f'(z) R z.
    bool dense(const Kernels<T>& kernels, const Trace<T>& trace, std::size_t s, const T* params,
               const T* v, MatrixView<const T> r_in, MatrixView<T> r_out,
               const PackBuffers<T>& buffers, const Crew& crew) {
        const DenseLayer& layer = network_.layers()[network_.steps()[s].index];
        const PackBuffers<T> own = buffers_of(layer, buffers);
        const auto matrix = [&](const T* of) {
            return plain(MatrixView<const T>{of + layer.weight_at, layer.fan_in, layer.fan_out,
                                             layer.fan_out});
        };
        if (r_in.data != nullptr &&
            !product(kernels, plain(r_in), matrix(params), r_out, layer.fan_in, false, own, crew,
                     [](Index, Index, Index, Index) {})) {
            return false;
        }
        const MatrixView<T> curvature = trace.curvature(s);
        const auto finish = [&](Index row, Index rows, Index col, Index cols) {
            T* r_z = r_out.row(row) + col;
            if (layer.has_bias) {
                const auto add_bias = kernels.activate[static_cast<int>(Activation::identity)];
                add_bias(r_z, r_out.stride, nullptr, 0, v + layer.bias_at() + col, rows, cols);
            }
            if (curvature.data != nullptr) {
                kernels.multiply(curvature.row(row) + col, r_out.stride, r_z, r_out.stride, rows,
                                 cols);
            }
            trace.times_slope(kernels, s, {row, rows}, col, r_out.block(row, rows, col, cols));
        };
        return product(kernels, plain(trace.input(s)), matrix(v), r_out, layer.fan_in,
                       r_in.data != nullptr, own, crew, finish);
    }

    bool sum(const Kernels<T>& kernels, std::size_t s, MatrixView<const T> r_in,
             MatrixView<const T> r_source, MatrixView<T> r_out, const Crew& crew) {
        if (r_in.data != nullptr && r_source.data != nullptr)
            return sum_forward(kernels, r_in, r_source, r_out, crew);
        steps_[s].given = r_in.data != nullptr ? r_in : r_source;
        return true;
    }

    const Network& network_;
    T* input_;  // (rows, input_width), with embeddings only
    std::vector<StepScratch> steps_;
    MatrixView<const T> fed_;
    Index rows_ = 0;
};

}  // namespace gradus
