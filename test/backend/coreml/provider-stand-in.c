/**
 * ONNX Runtime with a Core ML provider, for tests on a machine without one: the real library, whose
 * functions it hands on, but for the few through which a provider is chosen and run. What is given
 * to "Core ML" is computed by the processor, is refused where Core ML would not take it, is noted
 * line by line in the file AIP_PROVIDER_LOG, and suffers what AIP_PROVIDER_FAULT says: load-hang,
 * load-crash, run-crash, wrong.
 *
 *     cc -shared -fPIC -o libonnxruntime.so provider-stand-in.c -ldl
 */
#include <dlfcn.h>
#include <onnxruntime/onnxruntime_c_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GIVEN_MAX 64

static const OrtApi *real;
static OrtApi api;
static OrtApiBase base;
/** Options and sessions that Core ML was chosen for. */
static const void *given[GIVEN_MAX];
static int given_count;

static const char *const KEYS[] = {"ModelFormat", "MLComputeUnits", "RequireStaticInputShapes",
                                   "ModelCacheDirectory"};

static int is_given(const void *handle) {
  for (int index = 0; index < given_count; index += 1) {
    if (given[index] == handle) return 1;
  }
  return 0;
}

static void give(const void *handle) {
  if (given_count < GIVEN_MAX) given[given_count++] = handle;
}

static void note(const char *what, const char *value) {
  const char *path = getenv("AIP_PROVIDER_LOG");
  FILE *file = path == NULL ? NULL : fopen(path, "a");
  if (file == NULL) return;
  fprintf(file, "%s %s\n", what, value);
  fclose(file);
}

static void suffer(const char *step) {
  const char *fault = getenv("AIP_PROVIDER_FAULT");
  if (fault == NULL || strncmp(fault, step, strlen(step)) != 0) return;
  if (strcmp(fault + strlen(step), "-hang") == 0) pause();
  if (strcmp(fault + strlen(step), "-crash") == 0) abort();
}

static OrtStatus *append(OrtSessionOptions *options, const char *name, const char *const *keys,
                         const char *const *values, size_t count) {
  if (strcmp(name, "CoreML") != 0) {
    return real->SessionOptionsAppendExecutionProvider(options, name, keys, values, count);
  }
  for (size_t index = 0; index < count; index += 1) {
    size_t known = 0;
    while (known < 4 && strcmp(KEYS[known], keys[index]) != 0) known += 1;
    if (known == 4) return real->CreateStatus(ORT_INVALID_ARGUMENT, "Unknown option");
    note(keys[index], values[index]);
  }
  give(options);
  return NULL;
}

/** Notes the shape that "Core ML" sees: where a side is open, it would take nothing. */
static OrtStatus *opened(const OrtSessionOptions *options, OrtStatus *status, OrtSession *session) {
  if (status != NULL || !is_given(options)) return status;
  suffer("load");
  OrtTypeInfo *type = NULL;
  const OrtTensorTypeAndShapeInfo *tensor = NULL;
  size_t rank = 0;
  int64_t sides[8] = {0};
  char text[256] = "";
  real->SessionGetInputTypeInfo(session, 0, &type);
  real->CastTypeInfoToTensorInfo(type, &tensor);
  real->GetDimensionsCount(tensor, &rank);
  real->GetDimensions(tensor, sides, rank);
  for (size_t axis = 0; axis < rank; axis += 1) {
    snprintf(text + strlen(text), sizeof text - strlen(text), axis == 0 ? "%lld" : ",%lld",
             (long long)sides[axis]);
  }
  real->ReleaseTypeInfo(type);
  note("input", text);
  give(session);
  return NULL;
}

static OrtStatus *create(const OrtEnv *env, const ORTCHAR_T *path, const OrtSessionOptions *options,
                         OrtSession **out) {
  if (is_given(options)) note("from", "file");
  OrtStatus *status = real->CreateSession(env, path, options, out);
  return opened(options, status, *out);
}

static OrtStatus *create_from(const OrtEnv *env, const void *bytes, size_t size,
                              const OrtSessionOptions *options, OrtSession **out) {
  if (is_given(options)) note("from", "memory");
  OrtStatus *status = real->CreateSessionFromArray(env, bytes, size, options, out);
  return opened(options, status, *out);
}

static OrtStatus *run(OrtSession *session, const OrtRunOptions *options, const char *const *inputs,
                      const OrtValue *const *values, size_t count, const char *const *outputs,
                      size_t output_count, OrtValue **answers) {
  if (is_given(session)) suffer("run");
  OrtStatus *status =
      real->Run(session, options, inputs, values, count, outputs, output_count, answers);
  const char *fault = getenv("AIP_PROVIDER_FAULT");
  if (status == NULL && is_given(session) && fault != NULL && strcmp(fault, "wrong") == 0) {
    void *data = NULL;
    size_t elements = 0;
    OrtTensorTypeAndShapeInfo *shape = NULL;
    real->GetTensorTypeAndShape(answers[0], &shape);
    real->GetTensorShapeElementCount(shape, &elements);
    real->ReleaseTensorTypeAndShapeInfo(shape);
    real->GetTensorMutableData(answers[0], &data);
    memset(data, 0, elements * sizeof(float));
  }
  return status;
}

static const OrtApi *get_api(uint32_t version) {
  if (version != ORT_API_VERSION) return NULL;
  if (real == NULL) {
    void *library = dlopen(getenv("AIP_PROVIDER_ONNXRUNTIME"), RTLD_NOW | RTLD_LOCAL);
    const OrtApiBase *(*get_base)(void) = NULL;
    if (library != NULL) *(void **)&get_base = dlsym(library, "OrtGetApiBase");
    if (get_base == NULL) return NULL;
    real = get_base()->GetApi(version);
    api = *real;
    api.SessionOptionsAppendExecutionProvider = append;
    api.CreateSession = create;
    api.CreateSessionFromArray = create_from;
    api.Run = run;
  }
  return &api;
}

static const char *version_string(void) { return "stand-in"; }

const OrtApiBase *OrtGetApiBase(void) {
  base.GetApi = get_api;
  base.GetVersionString = version_string;
  return &base;
}
