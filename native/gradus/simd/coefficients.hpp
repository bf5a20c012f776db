// Polynomial coefficients of the elementary functions, lowest power first.
// Written by tools/fit_polynomials.py, which says what each polynomial approximates; do not edit.
#pragma once

namespace GRADUS_ISA {

template <class T>
struct Coefficients;

template <>
struct Coefficients<float> {
    static constexpr float exp[] = {0x1.0000000000000p-1f, 0x1.5554dc0000000p-3f,
                                    0x1.55551a0000000p-5f, 0x1.120b6e0000000p-7f,
                                    0x1.6d110a0000000p-10f};
    static constexpr float tanh[] = {-0x1.5555520000000p-2f, 0x1.110e1c0000000p-3f,
                                     -0x1.b9258a0000000p-5f, 0x1.58048e0000000p-6f,
                                     -0x1.8f8de40000000p-8f};
    static constexpr float log1p[] = {0x1.55554c0000000p-2f, 0x1.99ad6e0000000p-3f,
                                      0x1.21246a0000000p-3f, 0x1.12f6fa0000000p-3f};
    static constexpr float erf[] = {0x1.20dd740000000p+0f, -0x1.81273e0000000p-2f,
                                    0x1.ce2d100000000p-4f, -0x1.b7faba0000000p-6f,
                                    0x1.5412700000000p-8f, -0x1.a450880000000p-11f,
                                    0x1.4a56900000000p-14f};
    static constexpr float erfc[] = {
        0x1.3ccda00000000p+0f,  -0x1.1f36620000000p-3f, 0x1.d5e9840000000p-9f,
        0x1.50fc4a0000000p-4f,  -0x1.bda0f80000000p-4f, 0x1.7a40f60000000p-4f,
        -0x1.e1757e0000000p-5f, 0x1.ceba360000000p-6f,  -0x1.356f320000000p-7f,
        0x1.cc73960000000p-10f, -0x1.64fc6c0000000p-14f};
};

template <>
struct Coefficients<double> {
    static constexpr double exp[] = {
        0x1.0000000000000p-1,  0x1.5555555555557p-3,  0x1.5555555555556p-5,  0x1.11111111100dcp-7,
        0x1.6c16c16c162d4p-10, 0x1.a01a01abe7fe1p-13, 0x1.a01a01a6d889cp-16, 0x1.71de0231960ebp-19,
        0x1.27e4db646b17ep-22, 0x1.af4de97ca4194p-26, 0x1.1f730349868cep-29};
    static constexpr double tanh[] = {
        -0x1.5555555555553p-2,  0x1.11111111107acp-3,  -0x1.ba1ba1b92a52cp-5,
        0x1.664f4836ffb5ep-6,   -0x1.226e29216080bp-7, 0x1.d6d17faac7499p-9,
        -0x1.7d80275a99754p-10, 0x1.33fc7f7473d21p-11, -0x1.e3f90249802dbp-13,
        0x1.4ddd5fb800f82p-14,  -0x1.21522c06d082ap-16};
    static constexpr double log1p[] = {
        0x1.5555555555571p-2, 0x1.99999999863cep-3, 0x1.24924936a9ecfp-3,
        0x1.c71c64cc54b45p-4, 0x1.745f6a159c467p-4, 0x1.3ad8357754328p-4,
        0x1.14877745bc117p-4, 0x1.a6cd690098c51p-5, 0x1.598769db4069ap-4};
    static constexpr double erf[] = {
        0x1.20dd750429b6dp+0,   -0x1.812746b0379e6p-2,  0x1.ce2f21a042b30p-4,
        -0x1.b82ce31284e00p-6,  0x1.565bcd0dbaa38p-8,   -0x1.c02db3dac435fp-11,
        0x1.f9a321d5b8e1ep-14,  -0x1.f4d1e3183f7aep-17, 0x1.b9df224ca4b97p-20,
        -0x1.5f1ecb6f0764cp-23, 0x1.f7b4bf3b13964p-27,  -0x1.389d4f2641625p-30,
        0x1.05ffd737fb32ep-34};
    static constexpr double erfc[] = {
        0x1.3ccda0b5d5dc2p+0,   -0x1.1f367683f89a7p-3,  0x1.d5f2948159d13p-9,
        0x1.510169d0967f5p-4,   -0x1.bda9309a28860p-4,  0x1.7a14188a99e20p-4,
        -0x1.e0d0fa6e01dd2p-5,  0x1.d0b0037db970cp-6,   -0x1.3f603c335a3fap-7,
        0x1.cc3a0e332d407p-10,  0x1.33fb23e2885d0p-12,  -0x1.303f9fcc018c1p-12,
        0x1.b1446d05a1640p-15,  0x1.778ad93e77a8ep-16,  -0x1.800bfd443815ap-17,
        -0x1.0542480c343bbp-20, 0x1.d71ea18cc2a2bp-20,  -0x1.f262a4d79a691p-25,
        -0x1.1c42d365256d4p-22, 0x1.bcb947a6fda79p-26,  0x1.8302b200b7277p-25,
        -0x1.24929362c90bbp-27, -0x1.03b9c6adbd72ap-27, 0x1.fb3371820e680p-29,
        -0x1.14f6ccc9078e4p-31};
};

}  // namespace GRADUS_ISA
