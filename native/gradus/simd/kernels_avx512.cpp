// x86-64 with AVX-512. Twenty-eight of the thirty-two registers hold the tile's sums, two the row
// of b, one the number of a.
#if defined(__AVX512F__)
#define GRADUS_ISA gradus::avx512
#include "simd/quad_x86.hpp"
#include "simd/vec_avx512.hpp"

namespace GRADUS_ISA {
constexpr int kTileRows = 14;
constexpr int kTileVectors = 2;
}  // namespace GRADUS_ISA

#include "simd/kernels.inl.hpp"

namespace gradus {
extern const Kernels<float> kAvx512Float;
extern const Kernels<double> kAvx512Double;
const Kernels<float> kAvx512Float = avx512::make_kernels<float>("avx512");
const Kernels<double> kAvx512Double = avx512::make_kernels<double>("avx512");
}  // namespace gradus
#endif
