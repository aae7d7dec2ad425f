#ifndef AIP_STUB_MATH_H
#define AIP_STUB_MATH_H

#define HUGE_VAL __builtin_huge_val()
#define HUGE_VALF __builtin_huge_valf()
#define NAN __builtin_nanf("0x7fc00000")
#define INFINITY __builtin_huge_valf()

#define M_E 2.71828182845904523536
#define M_LN2 0.693147180559945309417
#define M_PI 3.14159265358979323846
#define M_PI_2 1.57079632679489661923
#define M_SQRT2 1.41421356237309504880

#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf(x)
#define isfinite(x) __builtin_isfinite(x)
#define signbit(x) __builtin_signbit(x)

double acos(double);
double asin(double);
double atan(double);
double atan2(double, double);
double cos(double);
double sin(double);
double tan(double);
double exp(double);
double exp2(double);
double expm1(double);
double log(double);
double log10(double);
double log1p(double);
double log2(double);
double fabs(double);
double cbrt(double);
double hypot(double, double);
double pow(double, double);
double sqrt(double);
double tanh(double);
double ceil(double);
double floor(double);
double rint(double);
double nearbyint(double);
double round(double);
double trunc(double);
double fmod(double, double);
double remainder(double, double);
double copysign(double, double);
double fmax(double, double);
double fmin(double, double);
double fma(double, double, double);
double ldexp(double, int);
double frexp(double, int *);
double modf(double, double *);
long lrint(double);
long lround(double);

float acosf(float);
float asinf(float);
float atanf(float);
float atan2f(float, float);
float cosf(float);
float sinf(float);
float tanf(float);
float expf(float);
float exp2f(float);
float expm1f(float);
float logf(float);
float log10f(float);
float log1pf(float);
float log2f(float);
float fabsf(float);
float cbrtf(float);
float hypotf(float, float);
float powf(float, float);
float sqrtf(float);
float tanhf(float);
float ceilf(float);
float floorf(float);
float rintf(float);
float nearbyintf(float);
float roundf(float);
float truncf(float);
float fmodf(float, float);
float copysignf(float, float);
float fmaxf(float, float);
float fminf(float, float);
float fmaf(float, float, float);
float ldexpf(float, int);
long lrintf(float);
long lroundf(float);

#endif
