// The loss of a network, and the way from the core to a person's own functions.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include "bind/arrays.hpp"
#include "nn/loss_form.hpp"

namespace gradus::bind {
namespace {

/// Lends each block to a Python function of (outputs, y, losses), which overwrites `outputs` and
/// `losses` and must keep none of the three. What it raises waits on this thread.
class PythonLoss final : public ForeignLoss {
public:
    explicit PythonLoss(nb::object function) : function_(std::move(function)) {}

    bool rows(MatrixView<float> outputs, MatrixView<const float> y, double* losses) const override {
        return ask(outputs, y, losses);
    }
    bool rows(MatrixView<double> outputs, MatrixView<const double> y,
              double* losses) const override {
        return ask(outputs, y, losses);
    }

private:
    template <class T>
    static nb::object lend(MatrixView<T> block) {
        const std::size_t shape[2] = {static_cast<std::size_t>(block.rows),
                                      static_cast<std::size_t>(block.cols)};
        const std::int64_t strides[2] = {block.stride, 1};
        return nb::cast(nb::ndarray<nb::numpy, T>(block.data, 2, shape, nb::handle(), strides),
                        nb::rv_policy::reference);
    }

    template <class T>
    bool ask(MatrixView<T> outputs, MatrixView<const T> y, double* losses) const {
        const nb::gil_scoped_acquire gil;
        try {
            const auto n = static_cast<std::size_t>(outputs.rows);
            function_(lend(outputs), lend(y),
                      nb::cast(nb::ndarray<nb::numpy, double>(losses, 1, &n, nb::handle()),
                               nb::rv_policy::reference));
        } catch (nb::python_error& raised) {
            raised.restore();
            return false;
        }
        return true;
    }

    nb::object function_;
};

LossForm make_loss(int code, std::vector<double> numbers,
                   const std::vector<std::pair<int, double>>& program, nb::object function) {
    std::shared_ptr<const ForeignLoss> foreign;
    if (!function.is_none()) foreign = std::make_shared<PythonLoss>(std::move(function));
    return LossForm(code, std::move(numbers), program, std::move(foreign));
}

}  // namespace

void bind_loss(nb::module_& module) {
    using namespace nb::literals;
    nb::class_<LossForm>(module, "Loss");
    module.def("make_loss", &make_loss, "loss"_a, "numbers"_a, "program"_a, "function"_a.none());
}

}  // namespace gradus::bind
