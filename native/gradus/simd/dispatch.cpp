// Which kernels this process runs: asked of the processor once, or of the environment variable
// GRADUS_ISA.
#include <cstdlib>
#include <string>

#include "base/enums.hpp"
#include "base/errors.hpp"
#include "simd/kernels.hpp"

namespace gradus {

static_assert(kActivationCount == kActivationNames.size());
static_assert(kTinyIdentity == static_cast<int>(Activation::identity));

extern const Kernels<float> kScalarFloat;
extern const Kernels<double> kScalarDouble;
#if defined(__x86_64__) || defined(_M_X64)
extern const Kernels<float> kAvx2Float;
extern const Kernels<double> kAvx2Double;
extern const Kernels<float> kAvx512Float;
extern const Kernels<double> kAvx512Double;
extern const Bfloat16Kernels kAvx512Bfloat16;

static bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static bool has_avx512() {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
static const Bfloat16Kernels* beside(const Kernels<float>& kernels) {
    const bool has_both = &kernels == &kAvx512Float && __builtin_cpu_supports("avx512bf16");
    return has_both ? &kAvx512Bfloat16 : nullptr;
}
int available_count() { return has_avx512() ? 3 : has_avx2() ? 2 : 1; }
template <>
const Kernels<float>& available(int i) {
    return i == 0 ? kScalarFloat : i == 1 ? kAvx2Float : kAvx512Float;
}
template <>
const Kernels<double>& available(int i) {
    return i == 0 ? kScalarDouble : i == 1 ? kAvx2Double : kAvx512Double;
}
#else
static const Bfloat16Kernels* beside(const Kernels<float>&) { return nullptr; }
int available_count() { return 1; }
template <>
const Kernels<float>& available(int) {
    return kScalarFloat;
}
template <>
const Kernels<double>& available(int) {
    return kScalarDouble;
}
#endif

static int choose() {
    const int count = available_count();
    const char* wanted = std::getenv("GRADUS_ISA");
    if (wanted == nullptr || *wanted == '\0') return count - 1;
    std::string names;
    for (int i = 0; i < count; ++i) {
        if (available<float>(i).name == std::string(wanted)) return i;
        names += (i == 0 ? "" : ", ") + std::string(available<float>(i).name);
    }
    throw InvalidParameter("GRADUS_ISA must name an instruction set this processor has (" + names +
                           "); got '" + wanted + "'.");
}

static int chosen() {
    static const int index = choose();
    return index;
}

template <>
const Kernels<float>& kernels() {
    return available<float>(chosen());
}
template <>
const Kernels<double>& kernels() {
    return available<double>(chosen());
}
const Bfloat16Kernels* bfloat16_kernels() { return beside(kernels<float>()); }

}  // namespace gradus
