// A pass forward that keeps what the pass back needs, step after step. The formulas:
// src/gradus/engines/reference.py.
#pragma once

#include <vector>

#include "nn/dropout.hpp"
#include "nn/forward.hpp"

namespace gradus {

/// The numbers that each step gave for one block of rows, and what its derivative is made of.
/// Scratch is sized for the largest block; `begin` and `forward_rows` fill it anew.
template <class T>
class Trace {
public:
    /// `keeps_curvature`: f''(z) of each dense layer that has a slope is kept too.
    Trace(const Network& network, Index most_rows, Arena& arena, bool keeps_curvature = false)
        : network_(network),
          input_(arena.take<T>(most_rows * embedded_width(network))),
          steps_(network.steps().size()) {
        for (std::size_t s = 0; s < steps_.size(); ++s) {
            const Step& step = network.steps()[s];
            const Index size = most_rows * step.width;
            steps_[s].own = arena.take<T>(size);
            if (has_beside(network, step, keeps_curvature)) steps_[s].beside = arena.take<T>(size);
            if (keeps_curvature && has_curvature(network, step))
                steps_[s].curvature = arena.take<T>(size);
            if (step.kind == StepKind::norm) steps_[s].inverse = arena.take<double>(most_rows);
        }
    }

    static void count(ArenaSize& size, const Network& network, Index most_rows,
                      bool keeps_curvature = false) {
        size.add<T>(most_rows * embedded_width(network));
        for (const Step& step : network.steps()) {
            size.add<T>(most_rows * step.width);
            if (has_beside(network, step, keeps_curvature)) size.add<T>(most_rows * step.width);
            if (keeps_curvature && has_curvature(network, step))
                size.add<T>(most_rows * step.width);
            if (step.kind == StepKind::norm) size.add<double>(most_rows);
        }
    }

    /// Names the rows x that `forward_rows` is to carry through all steps. Without `dropping`
    /// nothing is dropped; else it must outlive the rows' way.
    void begin(MatrixView<const T> x, const Dropping* dropping) noexcept {
        rows_ = x.rows;
        x_ = x;
        dropping_ = dropping;
        fed_ = x;
        if (!network_.embeddings().empty()) fed_ = embedded();
        for (std::size_t s = 0; s < steps_.size(); ++s) {
            const bool is_idle = network_.steps()[s].kind == StepKind::dropout && !dropping;
            steps_[s].given = is_idle ? input(s) : MatrixView<const T>(own(s));
        }
    }

    /// Carries some of the rows through all steps. Different rows may go at the same time, each
    /// with a crew and buffers of its own. Returns false if told to stop on the way.
    bool forward_rows(const Kernels<T>& kernels, const T* params, RowRange rows,
                      const PackBuffers<T>& buffers, const Crew& crew) const {
        if (!network_.embeddings().empty())
            embed(network_, params, x_.part(rows), embedded().part(rows));
        return forward_from(0, kernels, params, rows, buffers, crew);
    }
    /// The same where x weight of step 0, a dense one, stands in first_product().
    bool forward_rows_after_product(const Kernels<T>& kernels, const T* params, RowRange rows,
                                    const PackBuffers<T>& buffers, const Crew& crew) const {
        activate(kernels, network_.layers()[network_.steps().front().index], params, 0,
                 own(0).part(rows), slope(0).part(rows), curvature(0).part(rows));
        return forward_from(1, kernels, params, rows, buffers, crew);
    }
    MatrixView<T> first_product() const noexcept { return own(0); }

    /// Carries all rows of x through all steps, and nothing is dropped.
    bool forward(const Kernels<T>& kernels, const T* params, MatrixView<const T> x,
                 const PackBuffers<T>& buffers, const Crew& crew) {
        begin(x, nullptr);
        return forward_rows(kernels, params, {0, x.rows}, buffers, crew);
    }

    Index rows() const noexcept { return rows_; }

    /// What step `s` gave; what feeds the network for Step::kInput.
    MatrixView<const T> after(Index s) const noexcept {
        return s == Step::kInput ? fed_ : steps_[static_cast<std::size_t>(s)].given;
    }
    /// What step s was fed.
    MatrixView<const T> input(std::size_t s) const noexcept {
        return after(static_cast<Index>(s) - 1);
    }
    /// The last step's numbers, to be written over.
    MatrixView<T> outputs() const noexcept { return own(steps_.size() - 1); }

    /// What the pass back multiplies by before step s: f'(z) of a dense layer, the mask of a
    /// dropout; its data is null where that is 1 everywhere, and for a hidden relu whose curvature
    /// is not kept.
    MatrixView<T> slope(std::size_t s) const noexcept {
        const StepKind kind = network_.steps()[s].kind;
        const bool has_slope =
            kind == StepKind::dense || (kind == StepKind::dropout && dropping_ != nullptr);
        return has_slope ? beside(s) : MatrixView<T>{};
    }
    /// As the ending of a product of these rows: times what the pass back multiplies by before step
    /// s.
    Ending<T> times_slope(std::size_t s, RowRange rows) const noexcept {
        if (const MatrixView<T> by = slope(s).part(rows); by.data != nullptr)
            return {.slope = by.data, .slope_stride = by.stride};
        const Step& step = network_.steps()[s];
        if (step.kind != StepKind::dense ||
            network_.layers()[step.index].activation != Activation::relu) {
            return {};
        }
        const MatrixView<T> a = own(s).part(rows);
        return {.slope = a.data, .slope_stride = a.stride, .is_gate = true};
    }
    /// The same of what stands in delta already, at row rows.at + i and column col + j.
    void times_slope(const Kernels<T>& kernels, std::size_t s, RowRange rows, Index col,
                     MatrixView<T> delta) const noexcept {
        const Ending<T> by = times_slope(s, rows);
        if (by.slope == nullptr) return;
        (by.is_gate ? kernels.gate : kernels.multiply)(delta.data, delta.stride, by.slope + col,
                                                       by.slope_stride, delta.rows, delta.cols);
    }
    /// f''(z) of a dense layer, to be written over; its data is null where it is not kept or 0
    /// everywhere.
    MatrixView<T> curvature(std::size_t s) const noexcept { return view(steps_[s].curvature, s); }
    Normalized<T> normalized(std::size_t s) const noexcept {
        return {beside(s), steps_[s].inverse};
    }
    Normalized<T> normalized(std::size_t s, RowRange rows) const noexcept {
        return {beside(s).part(rows), steps_[s].inverse + rows.at};
    }

private:
    struct StepScratch {
        T* own = nullptr;           // (rows, width): the step's numbers
        T* beside = nullptr;        // (rows, width): slope, mask, or numbers before scale and shift
        T* curvature = nullptr;     // (rows, width)
        double* inverse = nullptr;  // (rows,), of a norm
        MatrixView<const T> given;  // its numbers, or where nothing is dropped those it was fed
    };

    static bool has_curvature(const Network& network, const Step& step) noexcept {
        return step.kind == StepKind::dense && has_beside(network, step, true);
    }
    // The slope of a relu can be told from its number, but for the last step, whose numbers the way
    // back begins with.
    static bool has_beside(const Network& network, const Step& step,
                           bool keeps_curvature) noexcept {
        if (step.kind == StepKind::sum) return false;
        if (step.kind != StepKind::dense) return true;
        const Activation activation = network.layers()[step.index].activation;
        if (activation == Activation::relu)
            return keeps_curvature || &step == &network.steps().back();
        return activation != Activation::identity;
    }
    // With embeddings step 0 is fed from scratch, else from the rows themselves.
    static Index embedded_width(const Network& network) noexcept {
        return network.embeddings().empty() ? 0 : network.input_width();
    }
    bool forward_from(std::size_t first, const Kernels<T>& kernels, const T* params, RowRange rows,
                      const PackBuffers<T>& buffers, const Crew& crew) const {
        for (std::size_t s = first; s < steps_.size(); ++s) {
            if (!step(kernels, params, s, rows, buffers, crew)) return false;
        }
        return true;
    }
    bool step(const Kernels<T>& kernels, const T* params, std::size_t s, RowRange rows,
              const PackBuffers<T>& buffers, const Crew& crew) const {
        const Step& step = network_.steps()[s];
        const MatrixView<const T> a_in = input(s).part(rows);
        const MatrixView<T> a_out = own(s).part(rows);
        switch (step.kind) {
            case StepKind::dense:
                return dense_forward(kernels, network_.layers()[step.index], params, a_in, a_out,
                                     slope(s).part(rows), buffers, crew, curvature(s).part(rows));
            case StepKind::norm:
                return norm_forward(kernels, network_.norms()[step.index], params, a_in,
                                    normalized(s, rows), a_out, crew);
            case StepKind::sum:
                return sum_forward(kernels, a_in, after(step.source).part(rows), a_out, crew);
            default:
                if (dropping_ == nullptr) return true;
                return dropout_forward(kernels, step,
                                       {dropping_->epoch_key, dropping_->rows + rows.at}, a_in,
                                       beside(s).part(rows), a_out, crew);
        }
    }

    MatrixView<T> embedded() const noexcept {
        const Index width = network_.input_width();
        return {input_, rows_, width, width};
    }
    MatrixView<T> own(std::size_t s) const noexcept { return view(steps_[s].own, s); }
    MatrixView<T> beside(std::size_t s) const noexcept { return view(steps_[s].beside, s); }
    MatrixView<T> view(T* data, std::size_t s) const noexcept {
        const Index width = network_.steps()[s].width;
        return {data, rows_, width, width};
    }

    const Network& network_;
    T* input_;  // (rows, input_width), with embeddings only
    std::vector<StepScratch> steps_;
    MatrixView<const T> x_;
    MatrixView<const T> fed_;
    const Dropping* dropping_ = nullptr;
    Index rows_ = 0;
};

}  // namespace gradus
