/* Threads and a lock for the C tests, on POSIX and Windows (C99 has neither). */
#ifndef DS_TEST_THREADS_H
#define DS_TEST_THREADS_H

#ifdef _WIN32
#include <windows.h>
typedef HANDLE thread_t;
typedef CRITICAL_SECTION lock_t;
#define THREAD_RESULT DWORD WINAPI
#define THREAD_END return 0
static inline void thread_start(thread_t *thread, LPTHREAD_START_ROUTINE body, void *argument)
{
    *thread = CreateThread(NULL, 0, body, argument, 0, NULL);
}
static inline void thread_join(thread_t thread)
{
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}
#define lock_init(lock) InitializeCriticalSection(lock)
#define lock_take(lock) EnterCriticalSection(lock)
#define lock_give(lock) LeaveCriticalSection(lock)
#else
#include <pthread.h>
typedef pthread_t thread_t;
typedef pthread_mutex_t lock_t;
#define THREAD_RESULT void *
#define THREAD_END return NULL
static inline void thread_start(thread_t *thread, void *(*body)(void *), void *argument)
{
    if (pthread_create(thread, NULL, body, argument) != 0) {
        abort();
    }
}
static inline void thread_join(thread_t thread)
{
    (void)pthread_join(thread, NULL);
}
#define lock_init(lock) (void)pthread_mutex_init(lock, NULL)
#define lock_take(lock) (void)pthread_mutex_lock(lock)
#define lock_give(lock) (void)pthread_mutex_unlock(lock)
#endif

#endif
