// Which kernels this process runs: asked of the processor once, or of the environment variable
// GRADUS_ISA.
#include <cstdlib>
#include <string>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

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
extern const Bfloat16Kernels kAvx512Rounded;
extern const Bfloat16Kernels kAmxRounded;
extern const Bfloat16Kernels kAmxCut;

static bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static bool has_avx512() {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
static bool has_avx512_bfloat16() { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }
// The system keeps the tiles of a thread, 8 KiB, only where a process has asked for it.
static bool has_amx() {
#if defined(__linux__) && defined(SYS_arch_prctl)
    constexpr int kRequest = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    static const bool has = has_avx512_bfloat16() && __builtin_cpu_supports("amx-tile") &&
                            __builtin_cpu_supports("amx-bf16") &&
                            syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
    return has;
#else
    return false;  // untried
#endif
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
static bool has_amx() { return false; }
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

int instruction_set_count() { return available_count() + (has_amx() ? 1 : 0); }
const char* instruction_set(int i) {
    return i < available_count() ? available<float>(i).name : "amx";
}

static int choose() {
    const int count = instruction_set_count();
    const char* wanted = std::getenv("GRADUS_ISA");
    if (wanted == nullptr || *wanted == '\0') return count - 1;
    std::string names;
    for (int i = 0; i < count; ++i) {
        if (instruction_set(i) == std::string(wanted)) return i;
        names += (i == 0 ? "" : ", ") + std::string(instruction_set(i));
    }
    throw InvalidParameter("GRADUS_ISA must name an instruction set this processor has (" + names +
                           "); got '" + wanted + "'.");
}

static int chosen() {
    static const int index = choose();
    return index;
}
static bool is_amx() { return chosen() == available_count(); }

const char* instruction_set() { return instruction_set(chosen()); }

template <>
const Kernels<float>& kernels() {
    return available<float>(chosen());
}
template <>
const Kernels<double>& kernels() {
    return available<double>(chosen());
}

#if defined(__x86_64__) || defined(_M_X64)
const Bfloat16Kernels* rounding_kernels() {
    if (is_amx()) return &kAmxRounded;
    return &kernels<float>() == &kAvx512Float && has_avx512_bfloat16() ? &kAvx512Rounded : nullptr;
}
const Bfloat16Kernels* cutting_kernels() { return is_amx() ? &kAmxCut : nullptr; }
int available_bfloat16_count() { return has_amx() ? 3 : has_avx512_bfloat16() ? 1 : 0; }
const Bfloat16Kernels& available_bfloat16(int i) {
    return i == 0 ? kAvx512Rounded : i == 1 ? kAmxRounded : kAmxCut;
}
#else
const Bfloat16Kernels* rounding_kernels() { return nullptr; }
const Bfloat16Kernels* cutting_kernels() { return nullptr; }
int available_bfloat16_count() { return 0; }
const Bfloat16Kernels& available_bfloat16(int) { std::abort(); }
#endif

}  // namespace gradus
