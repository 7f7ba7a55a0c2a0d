// Merging stores into a dataset: by one call, or as a plan whose tasks run in any processes that see the same files.
//
//     Merge.Run(parts, "all.dataset", new Options { ["on_error"] = "skip" });
//
// Invariant: nothing bears the name of the dataset until everything is complete; what cancels or fails leaves none of it.
// Not here: what is in a dataset (Dataset.cs).

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace DataStorage
{
    /// <summary>Merges stores into datasets.</summary>
    public static class Merge
    {
        /// <summary>
        /// Merges stores (paths of Zarr directories or archives) into a dataset, X.dataset, and gives the summary, JSON.
        /// </summary>
        /// <param name="parts">The stores.</param>
        /// <param name="output">The dataset; beside it appear X.infoset, X.attribset and X.flow.</param>
        /// <param name="options">Options of a merge: "mode", "on_error", "missing", "groups", and how arrays are encoded.</param>
        /// <param name="progress">Is told how far the merge is, on this thread.</param>
        /// <param name="cancellation">Ends the merge.</param>
        /// <exception cref="StoreNotFoundException">A part is not there.</exception>
        public static string Run(IEnumerable<string> parts, string output, string options = null,
            IProgress<StoreProgress> progress = null, CancellationToken cancellation = default(CancellationToken))
        {
            using (var paths = Paths(parts))
            using (var call = new LongCall(progress, cancellation))
            {
                BufferHandle summary;
                Check(call, NativeMethods.ds_merge(paths.Pointers, Shapes.Size(paths.Pointers.Length), Utf8.Zero(output), Utf8.Zero(options),
                    call.Receiver, call.Userdata, out summary));
                return Take(summary);
            }
        }

        /// <summary>Plans a merge; the tasks of the plan are numbered from 0.</summary>
        public static MergePlan Plan(IEnumerable<string> parts, string output, string options = null,
            IProgress<StoreProgress> progress = null, CancellationToken cancellation = default(CancellationToken))
        {
            using (var paths = Paths(parts))
            using (var call = new LongCall(progress, cancellation))
            {
                BufferHandle plan;
                Check(call, NativeMethods.ds_merge_plan(paths.Pointers, Shapes.Size(paths.Pointers.Length), Utf8.Zero(output),
                    Utf8.Zero(options), call.Receiver, call.Userdata, out plan));
                var members = (Dictionary<string, object>)JsonReader.Read(Take(plan));
                return new MergePlan((string)members["plan"], Convert.ToInt64(members["tasks"]));
            }
        }

        private static Texts Paths(IEnumerable<string> parts)
        {
            DataStorageLibrary.CheckAbi();
            string[] paths = parts?.ToArray();
            foreach (string path in paths ?? new string[0])
            {
                Utf8.Zero(path); // a NUL would cut it
            }
            return new Texts("parts", paths);
        }

        internal static void Check(LongCall call, int status)
        {
            if (status == (int)Status.NotFound)
            {
                throw new StoreNotFoundException(Errors.LastText());
            }
            call.Check(status);
        }

        internal static string Take(BufferHandle buffer)
        {
            using (buffer)
            {
                return buffer.Text();
            }
        }
    }

    /// <summary>A merge cut into tasks: they may run in any order and process, at the same time, and again.</summary>
    public sealed class MergePlan
    {
        /// <summary>The plan at a path, as another process was told of it.</summary>
        public MergePlan(string path, long tasks)
        {
            Path = path;
            Tasks = tasks;
        }

        /// <summary>The plan, a file in the work directory, which every process that runs tasks has to see.</summary>
        public string Path { get; }
        /// <summary>The number of tasks.</summary>
        public long Tasks { get; }

        /// <summary>Runs one task.</summary>
        public void RunTask(long task, IProgress<StoreProgress> progress = null, CancellationToken cancellation = default(CancellationToken))
        {
            using (var call = new LongCall(progress, cancellation))
            {
                Merge.Check(call, NativeMethods.ds_merge_task(Utf8.Zero(Path), checked((ulong)task), call.Receiver, call.Userdata));
            }
        }

        /// <summary>Publishes the dataset, when all tasks have been run, and gives the summary, JSON.</summary>
        public string Finish(IProgress<StoreProgress> progress = null, CancellationToken cancellation = default(CancellationToken))
        {
            using (var call = new LongCall(progress, cancellation))
            {
                BufferHandle summary;
                Merge.Check(call, NativeMethods.ds_merge_finish(Utf8.Zero(Path), call.Receiver, call.Userdata, out summary));
                return Merge.Take(summary);
            }
        }

        /// <summary>Removes what was written so far. No task may run any more.</summary>
        public void Abandon() => Errors.CheckOpen(NativeMethods.ds_merge_abandon(Utf8.Zero(Path)));
    }
}
