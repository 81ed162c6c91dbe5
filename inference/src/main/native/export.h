/* What Java may call. */
#define EXPORT __attribute__((visibility("default")))
