// The private extension gradus._core.
#include <array>
#include <cstdint>
#include <memory>

#include "base/enums.hpp"
#include "base/kept_blocks.hpp"
#include "bind/arrays.hpp"
#include "simd/kernels.hpp"

namespace gradus::bind {
namespace {

template <std::size_t N>
nb::tuple names(const std::array<const char*, N>& all) {
    nb::list list;
    for (const char* name : all) list.append(name);
    return nb::tuple(list);
}

nb::tuple instruction_sets() {
    nb::list list;
    for (int i = 0; i < instruction_set_count(); ++i) list.append(instruction_set(i));
    return nb::tuple(list);
}

// Memory that begins with a cache line, given back to the blocks kept when the array is gone.
nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<1>> kept_bytes(std::size_t n_bytes) {
    auto block = std::make_unique<Block>(take_block(n_bytes));
    std::byte* const bytes = block->bytes;
    nb::capsule owner(block.get(), [](void* lent) noexcept {
        const std::unique_ptr<Block> own(static_cast<Block*>(lent));
        give_back(*own);
    });
    block.release();
    return {bytes, {n_bytes}, owner};
}

// Each exception of the core becomes the class of the same name in gradus.errors.
void translate(const std::exception_ptr& failure, void*) {
    const auto raise = [](const char* name, const char* sentence) {
        const nb::object type = nb::module_::import_("gradus.errors").attr(name);
        PyErr_SetString(type.ptr(), sentence);
    };
    try {
        std::rethrow_exception(failure);
    } catch (const InvalidParameter& e) {
        raise("InvalidParameter", e.what());
    } catch (const DataError& e) {
        raise("DataError", e.what());
    } catch (const ShapeMismatch& e) {
        raise("ShapeMismatch", e.what());
    }
}

}  // namespace

NB_MODULE(_core, module) {
    // engines/native.py keeps networks and rules for as long as Python lives, on purpose.
    nb::set_leak_warnings(false);
    nb::register_exception_translator(translate);
    module.attr("ACTIVATIONS") = names(kActivationNames);
    module.attr("LOSSES") = names(kLossNames);
    module.attr("OPERATIONS") = names(kOperationNames);
    module.attr("RULES") = names(kRuleNames);
    module.attr("INSTRUCTION_SETS") = instruction_sets();
    module.def("instruction_set", [] { return instruction_set(); });
    module.def("has_bfloat16", [] { return rounding_kernels() != nullptr; });
    module.def("kept_bytes", &kept_bytes, nb::arg("n_bytes"));
    bind_loss(module);
    bind_network(module);
    bind_training(module);
    bind_damped_run(module);
    bind_gauss_newton(module);
}

}  // namespace gradus::bind
