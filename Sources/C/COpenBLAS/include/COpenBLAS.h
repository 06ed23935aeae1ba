#pragma once

#include <stdbool.h>
#include <stdint.h>

/// OpenBLAS, loaded in isolation: libtorch exports MKL under the same names, and whichever of the
/// two is linked first would otherwise serve both. Where there is no OpenBLAS, that MKL serves.
///
/// Every function except the loading ones needs a successful load. Loading is not thread-safe.

/// Loads OpenBLAS. NULL on success, else why it cannot be used.
const char *openblas_load(void);

/// Takes the functions from a loaded libtorch instead. NULL on success, else why it cannot be used.
const char *openblas_load_libtorch(void *library);

/// What is loaded: OpenBLAS's own description of its build, or that it is libtorch's.
const char *openblas_configuration(void);

/// Waits until no call runs with another number of threads, then sets that number.
/// Calls with one number run side by side. Every begin needs its end.
void openblas_begin(int32_t thread_count);
void openblas_end(void);

/// Row-major `c = alpha · op(a) · op(b) + beta · c`, `c` of shape [m, n], inner size `k`.
void openblas_sgemm(bool transpose_a, bool transpose_b, int32_t m, int32_t n, int32_t k,
                    float alpha, const float *a, int32_t lda, const float *b, int32_t ldb,
                    float beta, float *c, int32_t ldc);
void openblas_dgemm(bool transpose_a, bool transpose_b, int32_t m, int32_t n, int32_t k,
                    double alpha, const double *a, int32_t lda, const double *b, int32_t ldb,
                    double beta, double *c, int32_t ldc);

/// Row-major `c = alpha · a · aᵀ + beta · c`, or `aᵀ · a` when `transpose`; only the upper triangle
/// of the result counts.
void openblas_ssyrk(bool transpose, int32_t n, int32_t k, float alpha, const float *a, int32_t lda,
                    float beta, float *c, int32_t ldc);
void openblas_dsyrk(bool transpose, int32_t n, int32_t k, double alpha, const double *a,
                    int32_t lda, double beta, double *c, int32_t ldc);

/// Row-major `c = op(a) · b` with a lower triangular `a` of order `m`, zeros above the diagonal
/// included; `b` is [m, n], and `c` a copy of it to begin with.
void openblas_dtrmm_lower(bool transpose, int32_t m, int32_t n, const double *a, int32_t lda,
                          const double *b, double *c, int32_t ldb);

/// LAPACK, column-major, by value; the return value is LAPACK's `info`.
int32_t openblas_dsyevd(bool with_vectors, int32_t n, double *a, double *values, double *work,
                        int32_t work_count, int32_t *integer_work, int32_t integer_work_count);
int32_t openblas_dgesdd(char job, int32_t m, int32_t n, double *a, double *values, double *u,
                        int32_t ldu, double *vt, int32_t ldvt, double *work, int32_t work_count,
                        int32_t *integer_work);
int32_t openblas_dpotrf(int32_t n, double *a);
int32_t openblas_dpotrs(int32_t n, int32_t right_count, const double *a, double *b);
