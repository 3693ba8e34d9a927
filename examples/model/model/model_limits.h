/* Written by model-core/build.rs. Do not edit. */
#ifndef MODEL_LIMITS_H
#define MODEL_LIMITS_H

#include <stdint.h>

#define MODEL_LIMIT 100
#define MODEL_POINTER_BITS 64

int64_t model_clamp(int64_t value);

#endif
