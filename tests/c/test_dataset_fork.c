/* After fork a child's inherited dataset is closed; it opens its own, and the parent's goes on. */
#ifdef _WIN32
int main(void)
{
    return 0; /* there is no fork here */
}
#else
#include <sys/wait.h>
#include <unistd.h>

#include "parts.h"

int main(int argc, char **argv)
{
    const char *archives[2], *path;
    ds_dataset *dataset = NULL;
    ds_buffer *out = NULL;
    int ended = 0;
    pid_t child;
    begin(argc, argv);
    if (ds_has_feature("dataset") == 0) {
        return finish();
    }
    archives[0] = make_part("good", &parts[0], 0);
    archives[1] = make_part("good", &parts[1], 0);
    path = path_of("all.dataset");
    OK(ds_merge(archives, 2, path, NULL, NULL, NULL, NULL));
    OK(ds_dataset_open(path, NULL, &dataset));
    child = fork();
    if (child == 0) {
        ds_dataset *own = NULL;
        failures = 0;
        STATUS(ds_dataset_files(dataset, "faces", "face_types == 1", &out), DS_ERR_CLOSED);
        STATUS(ds_dataset_close(dataset), DS_ERR_CLOSED);
        OK(ds_dataset_open(path, NULL, &own));
        OK(ds_dataset_files(own, "faces", "face_types == 1", &out));
        CHECK(codes_are(out, 2, 0, 1));
        OK(ds_dataset_close(own));
        _exit(failures != 0);
    }
    CHECK(waitpid(child, &ended, 0) == child && WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    OK(ds_dataset_files(dataset, NULL, NULL, &out));
    CHECK(codes_are(out, 2, 0, 1));
    OK(ds_dataset_close(dataset));
    return finish();
}
#endif
