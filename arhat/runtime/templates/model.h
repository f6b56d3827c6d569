/*
 * C interface of a model compiled by Arhat. The same on every target; valid C89 and C++.
 *
 *     arhat_model* model;
 *     if (arhat_model_create("weights.safetensors", NULL, &model) != ARHAT_OK) {
 *       fprintf(stderr, "%s\n", arhat_last_error());
 *       return 1;
 *     }
 *     arhat_model_run(model, inputs, 1, outputs, 1);
 *     arhat_model_destroy(model);
 *
 * No function exits, aborts or throws: each that can fail returns a status, and arhat_last_error() has one
 * line of text about the latest failure in the calling thread.
 *
 * Several models may run at once, each in threads of its own. Calls on one model from several threads are
 * safe and run one after the other. Destroy a model only when no call on it is under way.
 *
 * A program for CUDA runs on one GPU, which arhat_model_create chooses; it holds a context's resources (weights,
 * working memory, plans) on it until it is destroyed, and leaves the calling thread's current device as it was.
 *
 * A second compiled model in the same program: configure one of them with -DARHAT_PREFIX=name. Its
 * functions are then called name_model_create and so on; its users compile with ARHAT_PREFIX=name too
 * (CMake passes that on) and go on to write arhat_model_create. Include one model's header per source file.
 */
#ifndef ARHAT_MODEL_H
#define ARHAT_MODEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef ARHAT_PREFIX
#define ARHAT_JOIN_(prefix, name) prefix##_##name
#define ARHAT_JOIN(prefix, name) ARHAT_JOIN_(prefix, name)
#define arhat_version ARHAT_JOIN(ARHAT_PREFIX, version)
#define arhat_status_text ARHAT_JOIN(ARHAT_PREFIX, status_text)
#define arhat_last_error ARHAT_JOIN(ARHAT_PREFIX, last_error)
#define arhat_model_create ARHAT_JOIN(ARHAT_PREFIX, model_create)
#define arhat_model_destroy ARHAT_JOIN(ARHAT_PREFIX, model_destroy)
#define arhat_model_get_info ARHAT_JOIN(ARHAT_PREFIX, model_get_info)
#define arhat_model_input ARHAT_JOIN(ARHAT_PREFIX, model_input)
#define arhat_model_output ARHAT_JOIN(ARHAT_PREFIX, model_output)
#define arhat_model_value ARHAT_JOIN(ARHAT_PREFIX, model_value)
#define arhat_model_run ARHAT_JOIN(ARHAT_PREFIX, model_run)
#define arhat_model_watch ARHAT_JOIN(ARHAT_PREFIX, model_watch)
#define arhat_model_reset_state ARHAT_JOIN(ARHAT_PREFIX, model_reset_state)
#define arhat_model_profile_enable ARHAT_JOIN(ARHAT_PREFIX, model_profile_enable)
#define arhat_model_profile_row ARHAT_JOIN(ARHAT_PREFIX, model_profile_row)
#define arhat_model_stream ARHAT_JOIN(ARHAT_PREFIX, model_stream)
#define arhat_device_alloc ARHAT_JOIN(ARHAT_PREFIX, device_alloc)
#define arhat_device_free ARHAT_JOIN(ARHAT_PREFIX, device_free)
#define arhat_device_copy ARHAT_JOIN(ARHAT_PREFIX, device_copy)
#endif

#if defined(_WIN32)
#define ARHAT_API
#else
#define ARHAT_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define ARHAT_ABI_VERSION 4
#define ARHAT_MAX_RANK 8

typedef enum arhat_status {
  ARHAT_OK = 0,
  ARHAT_INVALID_ARGUMENT = 1, /* a null pointer, a wrong count, index or size */
  ARHAT_IO_ERROR = 2,         /* the weights file, or another, cannot be read or written */
  ARHAT_WRONG_WEIGHTS = 3,    /* it is not the file of this program */
  ARHAT_UNSUPPORTED = 4,      /* no such instruction set or GPU here, or the program was not built for it */
  ARHAT_OUT_OF_MEMORY = 5,
  ARHAT_STOPPED = 6,          /* a callback asked to stop */
  ARHAT_INTERNAL_ERROR = 7
} arhat_status;

typedef enum arhat_type {
  ARHAT_F32 = 0,
  ARHAT_F16 = 1,
  ARHAT_BF16 = 2,
  ARHAT_F64 = 3,
  ARHAT_I8 = 4,
  ARHAT_U8 = 5,
  ARHAT_I16 = 6,
  ARHAT_U16 = 7,
  ARHAT_I32 = 8,
  ARHAT_U32 = 9,
  ARHAT_I64 = 10,
  ARHAT_U64 = 11,
  ARHAT_BOOL = 12 /* one byte, 0 or 1 */
} arhat_type;

typedef struct arhat_model arhat_model;

/* Told while TensorRT builds an engine: of a phase that began, goes on, or has ended, `done` of `steps` steps are over.
   Phases lie in one another; `depth` is 0 for the outermost ones. The callback returns 0 to go on; anything else stops
   the build. Calls may come from other threads, one at a time. It may not call functions of the model. */
typedef int (*arhat_progress_callback)(void* user, const char* phase, int depth, int done, int steps);

/* Zero means the default everywhere: arhat_options options = {0}. A target ignores what does not concern it. */
typedef struct arhat_options {
  /* Programs for the processor. */
  int threads;     /* 0: all cores that this process may use (affinity and control group) */
  const char* isa; /* "avx512", "avx2", "baseline"; NULL: the environment's ARHAT_ISA, else the best */
  /* Programs for a GPU. */
  int device;           /* number of the GPU, as CUDA counts them */
  const char* tactics;  /* text file that pins the plan of each operation graph that was not pinned when the program
                           was compiled; NULL: none, cuDNN proposes a plan */
  const char* plans;    /* file of finished plans, for a quick start: read if it is there, brought up to date if it
                           lacks any; not to be shared between programs; NULL: none */
  int tune;             /* 1: time the plans of each graph, and write the best to `tactics`. Takes minutes */
  int no_cuda_graph;    /* 1: queue each operation anew in every run */
  void* stream;         /* cudaStream_t that runs are ordered on; NULL: a stream of the model's own. Name CUDA's
                           default stream as cudaStreamLegacy or cudaStreamPerThread. It outlives the model */
  uint64_t workspace_limit; /* bytes of scratch memory that one library call may want; 0: 256 MiB, with TensorRT all
                               memory of the GPU */
  /* Programs for TensorRT. */
  const char* engine;   /* file that keeps the engine: read if it is there and was built for the same model, GPU, TensorRT
                           and options, else written once the engine is built. "": none; NULL: beside the weights, named
                           after the model, `<name>.engine`; a note says so where that cannot be written */
  const char* plan;     /* file to write the engine to as TensorRT's own programs want it; NULL: none */
  int rebuild;          /* 1: build the engine even if the file has it */
  int optimization_level; /* how hard the build tries: 1 to 5, -1 for TensorRT's level 0; 0: TensorRT's default, 3 */
  const char* timing_cache; /* file of measured times, for quicker builds: read if it is there, brought up to date after a
                           build; NULL: none */
  const char* builder_flags; /* names of TensorRT's builder flags, separated by commas: "sparse-weights" and the like */
  const char* plugin_library; /* library that brings plugins which the program lacks; NULL: none */
  arhat_progress_callback progress; /* NULL: nobody is told */
  void* progress_user;  /* passed to it */
} arhat_options;

typedef struct arhat_model_info {
  const char* name; /* texts live as long as the library, those of the device as long as the model */
  const char* isa;  /* on a GPU: "sm_90" and the like, its architecture */
  int threads;      /* 0 on a GPU */
  size_t inputs;
  size_t outputs;
  size_t operations; /* rows of the profile; a profiled run may add some with TensorRT */
  size_t values;     /* intermediate values that can be watched */
  uint64_t weight_bytes;
  uint64_t arena_bytes;
  uint64_t state_bytes; /* kept from run to run; 0: every run is like the first */
  const char* device;   /* name of the GPU; "" for programs that run on the processor */
  uint64_t device_bytes; /* that the model holds on it: weights or engine, arena, state, buffers, workspaces */
  const char* notes;    /* what the model does otherwise than asked (tactics of another GPU...), one per line */
  int64_t batch_min;    /* how many images a run may have; all 0: as many as its inputs say, no fewer and no more */
  int64_t batch_opt;    /* what the model is fastest with */
  int64_t batch_max;    /* what extents are given for */
} arhat_model_info;

/* An input, an output, or an intermediate value of the model. Data is dense and row-major. */
typedef struct arhat_tensor_info {
  const char* name; /* for a value: the names of its source layers, separated by '\n'; the last one's output it is */
  arhat_type type;
  int rank;
  int64_t dims[ARHAT_MAX_RANK]; /* with batch_max images */
  size_t bytes;
  int batch_axis; /* the extent along this axis, and `bytes`, scale with the batch; -1: none does */
} arhat_tensor_info;

/* A buffer of the caller; `data` is aligned to the element type. Inputs are only read. On a GPU it may be memory of
   the host or of that device; the latter is used in place where it is aligned to 16 bytes (256 with TensorRT). */
typedef struct arhat_tensor {
  void* data;
  size_t bytes;
} arhat_tensor;

typedef struct arhat_profile_row {
  const char* operation; /* with TensorRT a layer of the engine */
  const char* layers; /* names of the source layers, separated by '\n' */
  uint64_t runs;      /* since the profile was enabled */
  uint64_t total_ns;
  uint64_t min_ns;
  double flops; /* of one run */
  double bytes; /* read and written in one run, weights included */
} arhat_profile_row;

/* "0.1.0": version of the Arhat that wrote this program. */
ARHAT_API const char* arhat_version(void);
ARHAT_API const char* arhat_status_text(arhat_status status);
/* About the latest failure in this thread; valid until the next call in it. Never NULL. */
ARHAT_API const char* arhat_last_error(void);

/* Maps the weights (the pages are shared with other processes) and allocates all working memory.
   `options` may be NULL. On failure *model is NULL. With TensorRT the engine is built here unless a file has it, which
   takes minutes. */
ARHAT_API arhat_status arhat_model_create(const char* weights_path, const arhat_options* options, arhat_model** model);
/* NULL is allowed. */
ARHAT_API void arhat_model_destroy(arhat_model* model);

ARHAT_API arhat_status arhat_model_get_info(const arhat_model* model, arhat_model_info* info);
ARHAT_API arhat_status arhat_model_input(const arhat_model* model, size_t index, arhat_tensor_info* info);
ARHAT_API arhat_status arhat_model_output(const arhat_model* model, size_t index, arhat_tensor_info* info);
ARHAT_API arhat_status arhat_model_value(const arhat_model* model, size_t index, arhat_tensor_info* info);

/* One inference. Buffers come in the order of arhat_model_input and arhat_model_output; their sizes are
   checked. Outputs may not overlap each other or the inputs. Where the batch may vary, the sizes tell it, and are those
   of one batch for all inputs and outputs.
   On a GPU, runs with the same device buffers are the quickest (each set of them is captured once), and the
   call returns when the outputs are there. Only where arhat_options.stream was given and all buffers are the
   device's it returns when the work is queued: errors of the device then show up in later calls. */
ARHAT_API arhat_status arhat_model_run(arhat_model* model, const arhat_tensor* inputs, size_t input_count,
                                       const arhat_tensor* outputs, size_t output_count);

/* Forgets the state that earlier runs left: the next run is like the first one after arhat_model_create.
   A model has state where arhat_model_info.state_bytes is not 0; for others this does nothing. Each
   arhat_model is a sequence of its own. After a run that was stopped or has failed, reset. */
ARHAT_API arhat_status arhat_model_reset_state(arhat_model* model);

/* As arhat_model_run, and shows each intermediate value to `callback` right after it was computed.
   `data` is valid during the call only. The callback returns 0 to go on; anything else stops the run,
   which then returns ARHAT_STOPPED. It may not call functions of this model. `info` has the extents of this run.
   With TensorRT the first such call builds a second engine, which keeps all values. */
typedef int (*arhat_watch_callback)(void* user, size_t value_index, const arhat_tensor_info* info, const void* data);
ARHAT_API arhat_status arhat_model_watch(arhat_model* model, const arhat_tensor* inputs, size_t input_count,
                                         const arhat_tensor* outputs, size_t output_count,
                                         arhat_watch_callback callback, void* user);

/* Starts (1) the per-operation profile from zero, or stops it (0). */
ARHAT_API arhat_status arhat_model_profile_enable(arhat_model* model, int enable);
/* Rows are in execution order, arhat_model_info.operations of them. */
ARHAT_API arhat_status arhat_model_profile_row(arhat_model* model, size_t index, arhat_profile_row* row);

/* For memory of the device. Programs for the processor have none: `stream` is NULL, the others fail. */

/* The cudaStream_t on which the model reads its inputs and writes its outputs. Work that makes the inputs has to
   be ordered before it, for example with cudaStreamWaitEvent. */
ARHAT_API arhat_status arhat_model_stream(const arhat_model* model, void** stream);
/* Memory on the model's GPU, for callers that do not use CUDA themselves; it may outlive the model. */
ARHAT_API arhat_status arhat_device_alloc(const arhat_model* model, size_t bytes, void** data);
/* Waits until the device has done with it. NULL is allowed. */
ARHAT_API arhat_status arhat_device_free(void* data);
/* Copies between any two of host and device, and waits for it. */
ARHAT_API arhat_status arhat_device_copy(void* target, const void* source, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
