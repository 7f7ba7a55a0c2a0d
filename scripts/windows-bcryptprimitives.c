/* A stand-in for bcryptprimitives.dll, which Debian's Wine 8 lacks: the one function that Rust's standard library takes from
 * it, by way of the older SystemFunction036 (RtlGenRandom). For tests under Wine only; Windows has its own. */

#include <stddef.h>

__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *buffer, unsigned long length);

__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *buffer, size_t length)
{
    while (length > 0) {
        unsigned long part = length > 0x10000000u ? 0x10000000u : (unsigned long)length;
        if (!SystemFunction036(buffer, part)) {
            return 0;
        }
        buffer += part;
        length -= part;
    }
    return 1;
}
