/* The files below a directory as one number: names and contents (POSIX; elsewhere always 0). */
#ifndef DS_TEST_SNAPSHOT_H
#define DS_TEST_SNAPSHOT_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef _WIN32
static inline uint64_t snapshot(const char *path)
{
    (void)path;
    return 0;
}
#else
#include <dirent.h>
#include <sys/stat.h>

static inline uint64_t mix(uint64_t hash, const unsigned char *bytes, size_t length)
{
    size_t i;
    for (i = 0; i < length; i++) {
        hash = (hash ^ bytes[i]) * 1099511628211u;
    }
    return hash;
}

/* The order of entries does not matter: the numbers of the entries are added. */
static inline uint64_t snapshot(const char *path)
{
    struct stat status;
    uint64_t hash = mix(14695981039346656037u, (const unsigned char *)path, strlen(path));
    if (lstat(path, &status) != 0) {
        return 0;
    }
    if (S_ISDIR(status.st_mode)) {
        DIR *directory = opendir(path);
        struct dirent *entry;
        while (directory != NULL && (entry = readdir(directory)) != NULL) {
            char child[2048];
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
                (void)snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
                hash += snapshot(child);
            }
        }
        if (directory != NULL) {
            (void)closedir(directory);
        }
    } else {
        FILE *file = fopen(path, "rb");
        unsigned char bytes[4096];
        size_t length;
        while (file != NULL && (length = fread(bytes, 1, sizeof bytes, file)) > 0) {
            hash = mix(hash, bytes, length);
        }
        if (file != NULL) {
            fclose(file);
        }
    }
    return hash;
}
#endif

#endif
