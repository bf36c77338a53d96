/* What torch is slow at when it trains this network on a CPU: gradients of depthwise convolutions,
 * and batch normalisation with the activation after it.
 *
 * Float maps with channels last: channels lie side by side in memory, so that the innermost loops
 * are plain vector operations.
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#define CHUNK 64
#define CHANNELS 4096

enum { NOTHING, RELU, HARDSWISH };

/* grad_in [n,h,w,c] and grad_weight [k*k,c] from grad [n,oh,ow,c], x [n,h,w,c], weight [k*k,c]. */
void depthwise_backward(const float *restrict grad, const float *restrict x,
                        const float *restrict weight, float *restrict grad_in,
                        float *restrict grad_weight, int n, int h, int w, int c, int oh, int ow,
                        int k, int stride, int pad)
{
    memset(grad_in, 0, sizeof(float) * (size_t)n * h * w * c);
    memset(grad_weight, 0, sizeof(float) * (size_t)k * k * c);
    for (int image = 0; image < n; image++) {
        const float *g = grad + (size_t)image * oh * ow * c;
        const float *from = x + (size_t)image * h * w * c;
        float *to = grad_in + (size_t)image * h * w * c;
        for (int row = 0; row < oh; row++)
            for (int column = 0; column < ow; column++) {
                const float *one = g + (size_t)(row * ow + column) * c;
                for (int a = 0; a < k; a++) {
                    int y = row * stride - pad + a;
                    if (y < 0 || y >= h)
                        continue;
                    for (int b = 0; b < k; b++) {
                        int z = column * stride - pad + b;
                        if (z < 0 || z >= w)
                            continue;
                        const float *in = from + (size_t)(y * w + z) * c;
                        float *back = to + (size_t)(y * w + z) * c;
                        const float *tap = weight + (size_t)(a * k + b) * c;
                        float *change = grad_weight + (size_t)(a * k + b) * c;
                        for (int i = 0; i < c; i++) {
                            back[i] += one[i] * tap[i];
                            change[i] += one[i] * in[i];
                        }
                    }
                }
            }
    }
}

static inline float acted(float z, int act)
{
    if (act == RELU)
        return z > 0 ? z : 0;
    if (act == HARDSWISH) {
        float gate = z + 3 < 0 ? 0 : z + 3 > 6 ? 6 : z + 3;
        return z * gate * (1.0f / 6);
    }
    return z;
}

static inline float slope(float z, int act)
{
    if (act == RELU)
        return z > 0 ? 1 : 0;
    if (act == HARDSWISH)
        return z < -3 ? 0 : z > 3 ? 1 : z * (1.0f / 3) + 0.5f;
    return 1;
}

/* act and its slope are known to the compiler where these are used. */
#define FOR_ACT(body)                                                                              \
    switch (act) {                                                                                 \
    case RELU: { enum { ACT = RELU }; body } break;                                                \
    case HARDSWISH: { enum { ACT = HARDSWISH }; body } break;                                      \
    default: { enum { ACT = NOTHING }; body } break;                                               \
    }

/* Mean and 1 / deviation of each channel of x [rows, c], and y = act(normalised x). */
void norm_forward(const float *restrict x, const float *restrict gamma, const float *restrict beta,
                  float *restrict y, float *restrict mean, float *restrict inverse,
                  float *restrict variance, int rows, int c, float epsilon, int act)
{
    double total[CHANNELS], square[CHANNELS];
    float some[CHANNELS], squares[CHANNELS], scale[CHANNELS], shift[CHANNELS];
    memset(total, 0, sizeof(double) * c);
    memset(square, 0, sizeof(double) * c);
    for (int start = 0; start < rows; start += CHUNK) {
        int stop = start + CHUNK < rows ? start + CHUNK : rows;
        memset(some, 0, sizeof(float) * c);
        memset(squares, 0, sizeof(float) * c);
        for (int row = start; row < stop; row++)
            for (int i = 0; i < c; i++) {
                float value = x[(size_t)row * c + i];
                some[i] += value;
                squares[i] += value * value;
            }
        for (int i = 0; i < c; i++) {
            total[i] += some[i];
            square[i] += squares[i];
        }
    }
    for (int i = 0; i < c; i++) {
        double middle = total[i] / rows, spread = square[i] / rows - middle * middle;
        mean[i] = middle;
        variance[i] = spread > 0 ? spread : 0;
        inverse[i] = 1 / sqrt(variance[i] + epsilon);
        scale[i] = gamma[i] * inverse[i];
        shift[i] = beta[i] - mean[i] * scale[i];
    }
    FOR_ACT(for (size_t row = 0; row < (size_t)rows; row++)
                for (int i = 0; i < c; i++)
                    y[row * c + i] = acted(x[row * c + i] * scale[i] + shift[i], ACT);)
}

/* Gradients of x, gamma and beta from that of y. */
void norm_backward(const float *restrict grad, const float *restrict x,
                   const float *restrict gamma, const float *restrict beta,
                   const float *restrict mean, const float *restrict inverse,
                   float *restrict into, float *restrict grad_gamma, float *restrict grad_beta,
                   int rows, int c, int act)
{
    float some[CHANNELS], products[CHANNELS], scale[CHANNELS], shift[CHANNELS];
    float by_grad[CHANNELS], by_x[CHANNELS], rest[CHANNELS];
    double total[CHANNELS], product[CHANNELS];
    memset(total, 0, sizeof(double) * c);
    memset(product, 0, sizeof(double) * c);
    for (int i = 0; i < c; i++) {
        scale[i] = gamma[i] * inverse[i];
        shift[i] = beta[i] - mean[i] * scale[i];
    }
    for (int start = 0; start < rows; start += CHUNK) {
        int stop = start + CHUNK < rows ? start + CHUNK : rows;
        memset(some, 0, sizeof(float) * c);
        memset(products, 0, sizeof(float) * c);
        FOR_ACT(for (size_t row = start; row < (size_t)stop; row++)
                    for (int i = 0; i < c; i++) {
                        float value = x[row * c + i];
                        float change = grad[row * c + i] * slope(value * scale[i] + shift[i], ACT);
                        some[i] += change;
                        products[i] += change * (value - mean[i]);
                    })
        for (int i = 0; i < c; i++) {
            total[i] += some[i];
            product[i] += products[i];
        }
    }
    for (int i = 0; i < c; i++) {
        grad_beta[i] = total[i];
        grad_gamma[i] = product[i] * inverse[i];
        by_grad[i] = scale[i];
        by_x[i] = -scale[i] * inverse[i] * grad_gamma[i] / rows;
        rest[i] = -scale[i] * grad_beta[i] / rows - by_x[i] * mean[i];
    }
    FOR_ACT(for (size_t row = 0; row < (size_t)rows; row++)
                for (int i = 0; i < c; i++) {
                    float value = x[row * c + i];
                    float change = grad[row * c + i] * slope(value * scale[i] + shift[i], ACT);
                    into[row * c + i] = by_grad[i] * change + by_x[i] * value + rest[i];
                })
}
