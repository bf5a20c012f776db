// Any processor. The tile is as large as sixteen scalar registers hold.
#define GRADUS_ISA gradus::scalar_isa
#include "simd/vec_scalar.hpp"

namespace GRADUS_ISA {
constexpr int kTileRows = 3;
constexpr int kTileVectors = 4;
}  // namespace GRADUS_ISA

#include "simd/kernels.inl.hpp"

namespace gradus {
extern const Kernels<float> kScalarFloat;
extern const Kernels<double> kScalarDouble;
const Kernels<float> kScalarFloat = scalar_isa::make_kernels<float>("scalar");
const Kernels<double> kScalarDouble = scalar_isa::make_kernels<double>("scalar");
}  // namespace gradus
