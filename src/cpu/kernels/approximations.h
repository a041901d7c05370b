#pragma once
// Polynomials that the vector rows evaluate; the scalar row calls the C library instead. Data only: see rows.h.
//
// Fitted in double by iteratively reweighted least squares (Lawson) on 1200 to 2000 Chebyshev nodes; the errors named
// are the largest on those nodes, before rounding to float32. kernels_test.cc checks what comes out.

namespace skald::cpu {

// exp(x) = 2^n * e(r), n = round(x / ln 2), r = x - n ln 2 in [-ln 2 / 2, ln 2 / 2],
// e(r) = 1 + r + r^2 (k0 + k1 r + ... + k4 r^4), relative error 3.1e-9. ln 2 is split so that n * kLn2High is exact.
// Below kExpLow = ln(FLT_MIN) the result is 0: a subnormal costs more than a hundred cycles in whatever multiplies it
// next, and a weight under 1e-38 beside one of 1 changes no float32 sum.
inline constexpr float kExpLow = -87.33654F;
inline constexpr float kLog2E = 1.44269504F;
inline constexpr float kLn2High = 0.693359375F;
inline constexpr float kLn2Low = -2.12194440e-4F;
inline constexpr float kExp0 = 0.4999999343202606F;
inline constexpr float kExp1 = 0.16666520397423454F;
inline constexpr float kExp2 = 0.0416683907980176F;
inline constexpr float kExp3 = 0.008368745303068914F;
inline constexpr float kExp4 = 0.0013814540178277415F;

// 2^x = 2^n * e(r), n = round(x), r = x - n, e(r) = k0 + k1 r + k2 r^2 + k3 r^3, relative error 7.5e-5: a hundredth of
// a step where the result becomes one of 126. Below kExp2Low the result is that of it, which is zero steps.
inline constexpr float kExp2Low = -126.0F;
inline constexpr float kExp2K0 = 0.99992807F;
inline constexpr float kExp2K1 = 0.69326099F;
inline constexpr float kExp2K2 = 0.24261112F;
inline constexpr float kExp2K3 = 0.05517167F;

// gelu(x) = max(x, 0) - t * exp(-t^2 / 2) * p(t), t = |x|: the two halves of x * Phi(x) differ by x alone.
// p(t) = erfcx(t / sqrt 2) / 2 as N(t) / D(t), degrees 4 and 5, relative error 2.2e-9 on [0, 9.5]. All coefficients are
// positive: nothing cancels.
inline constexpr float kGeluHigh = 12.0F;  // t is clamped here: the term is 2e-32, and no factor of it is subnormal
inline constexpr float kGeluN0 = 0.5000000010983612F;
inline constexpr float kGeluN1 = 0.4243369425099622F;
inline constexpr float kGeluN2 = 0.1730647600306429F;
inline constexpr float kGeluN3 = 0.03724717173874485F;
inline constexpr float kGeluN4 = 0.003623735803316555F;
inline constexpr float kGeluD1 = 1.6465586142115887F;
inline constexpr float kGeluD2 = 1.1598911431273577F;
inline constexpr float kGeluD3 = 0.4426458098941926F;
inline constexpr float kGeluD4 = 0.09337745545508154F;
inline constexpr float kGeluD5 = 0.00908306877036424F;

// gelu(x) = x (1/2 + c P(s)), c = x clamped to [-kHalfWidth, kHalfWidth], s = 2 (c / kHalfWidth)^2 - 1: c P(s) is what
// Phi(x) is more than 1/2. Absolute error 3e-5, and for products whose factors are rounded to 8 bits: no division, no
// exponential. P(1) is such that the ends are 0 and x.
inline constexpr float kHalfWidth = 4.5F;
// Not inline: where a compiler keeps it in memory, every file has its own.
constexpr float kRoughGelu[] = {0.156906858086586F,     -0.07718414068222046F,  0.05467239394783974F,
                                -0.04029618576169014F,  0.02862425707280636F,   -0.018159421160817146F,
                                0.010140550322830677F,  -0.006682876497507095F, 0.004655373748391867F,
                                -0.0015657038893550634F};

}  // namespace skald::cpu
