// Datasets: merging, asking, the life of the handle, cancelling.
//
// Not here: every predicate and option; the library's own tests have them.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;

namespace DataStorage.Tests
{
    internal static class DatasetTests
    {
        private const string Schema = "{\"version\":\"1.0\",\"domain\":\"CAD\",\"groups\":{\"faces\":{\"primary_dimension\":\"face\",\"arrays\":{" +
            "\"face_types\":{\"dims\":[\"face\"],\"dtype\":\"int32\"},\"face_areas\":{\"dims\":[\"face\"],\"dtype\":\"float32\"}}}}}";

        internal static Case[] Cases() => new[]
        {
            new Case("merging and asking", Asking),
            new Case("the life of a dataset", Life),
            new Case("cancelling a merge", Cancelling),
            new Case("tasks of a plan", Plans),
            new Case("datasets that nobody closed", Garbage)
        };

        private static string Part(string folder, string name, int[] types, float[] areas)
        {
            string path = folder + "/" + name + ".zarr";
            using (Store store = Store.OpenZarr(path, new Options { ["mode"] = "w", ["export"] = false }))
            {
                store.SetSchema(Schema);
                store.Save("face_types", types);
                store.Save("face_areas", areas);
                store.SaveMetadata("size_cadfile", 100 * types.Length);
                store.SaveMetadataJson("descriptions/face_types", "{\"0\":\"Plane\",\"1\":\"Cylinder\"}");
                store.Compress();
            }
            return path + ".data";
        }

        private static string[] Parts(string folder) => new[]
        {
            Part(folder, "b", new[] { 0, 1, 1 }, new[] { 1f, 2f, 3f }), Part(folder, "a", new[] { 1, 0 }, new[] { 20f, 30f })
        };

        private static void Asking()
        {
            string folder = Check.Fresh("dataset"), path = folder + "/all.dataset", labels;
            int calls = 0;
            Check.Has("\"files\":2", Merge.Run(Parts(folder), path, null, new Receiver(_ => calls++)));
            Check.True(calls > 0);
            using (Dataset all = Dataset.Open(path))
            using (Store store = all.OpenStore())
            {
                long first, count;
                Check.Same(new long[] { 0 }, all.Files("face_types == 'Cylinder' and face_areas > 10.5", "faces"));
                Check.Same(new long[] { 0, 1 }, all.Files());
                Check.Same(new long[] { 1 }, all.Files("file.size_cadfile > 250"));
                Check.Same(new long[] { 0, 3, 4 }, all.Rows("face_types == 1", "faces"));
                all.FileRows("faces", 1, out first, out count);
                Check.Equal("2 3", first + " " + count);
                Check.Equal("b", all.FileName(1));
                Check.Equal(0L, all.FileCode("a"));
                Check.Same(new uint[] { 1, 1, 1, 2 }, all.Membership("faces", "face_types", "{\"categories\":[0,1]}", true, out labels));
                Check.Has("bin_edges", all.Distribution("faces", "face_areas"));
                Check.Has("Cylinder", all.Descriptions("face_types"));
                Check.Has("\"b\"", all.Table("infoset", "name == 'b'"));
                Check.Has("face_areas", all.Describe());
                all.SaveSubsets(new Dictionary<string, long[]> { { "train", new long[] { 1 } }, { "test", new long[] { 0 } } });
                Check.Same(new long[] { 1 }, all.Subset("train"));
                Check.Has("train", all.Split("{\"key\":\"face_types\",\"group\":\"faces\",\"fractions\":[[\"train\",0.5],[\"test\",0.5]]}"));
                Check.Same(new[] { 20f, 30f, 1f, 2f, 3f }, store.Load<float>("faces/face_areas"));
                Check.Fails<ArgumentException>(Status.InvalidArgument, "", () => all.Rows("face_types ==", "faces"));
                Check.Fails<KeyNotFoundException>(Status.NotFound, "", () => all.FileName(7));
            }
            Check.Fails<DataStorageException>(Status.AlreadyExists, "all.dataset", () => Merge.Run(Parts(folder), path));
            Check.Fails<FileNotFoundException>(Status.NotFound, "absent", () => Merge.Run(new[] { folder + "/absent.zarr" }, folder + "/x.dataset"));
            Check.Fails<ArgumentException>(Status.InvalidArgument, "", () => Merge.Run(new string[0], folder + "/x.dataset"));
            Check.Fails<ArgumentException>(Status.InvalidArgument, "parts", () => Merge.Run(null, folder + "/x.dataset"));
        }

        private static void Life()
        {
            string folder = Check.Fresh("dataset_life"), path = folder + "/all.dataset";
            Merge.Run(Parts(folder), path);
            Dataset all = Dataset.Open(path);
            Store store = all.OpenStore();
            all.Interrupt();
            all.Close();
            all.Dispose();
            Check.True(!all.IsOpen && store.IsOpen);
            Check.Fails<ObjectDisposedException>(Status.Closed, "dataset", () => all.Files());
            store.Dispose();
            Check.Fails<FileNotFoundException>(Status.NotFound, "absent", () => Dataset.Open(folder + "/absent.dataset"));
        }

        private static void Cancelling()
        {
            string folder = Check.Fresh("dataset_cancel"), path = folder + "/all.dataset";
            string[] parts = Parts(folder);
            var source = new CancellationTokenSource();
            Check.Fails<OperationCanceledException>(Status.Cancelled, "",
                () => Merge.Run(parts, path, null, new Receiver(_ => source.Cancel()), source.Token));
            try
            {
                Merge.Run(parts, path, null, new Receiver(_ => { throw new InvalidOperationException("the receiver's own"); }));
                Check.True(false, "nothing was thrown");
            }
            catch (InvalidOperationException e)
            {
                Check.Equal("the receiver's own", e.Message);
            }
            Check.True(!File.Exists(path) && !File.Exists(folder + "/all.infoset"));
            Merge.Run(parts, path, null, null, new CancellationTokenSource().Token);
            Check.True(File.Exists(path));
        }

        private static void Plans()
        {
            string folder = Check.Fresh("dataset_plan"), path = folder + "/all.dataset";
            MergePlan plan = Merge.Plan(Parts(folder), path);
            Check.True(plan.Tasks > 0);
            var same = new MergePlan(plan.Path, plan.Tasks);
            LifeTests.InThreads(2, number =>
            {
                for (long task = 0; task < plan.Tasks; task++)
                {
                    same.RunTask(task);
                }
            });
            Check.Has("\"files\":2", plan.Finish());
            Check.Fails<FileNotFoundException>(Status.NotFound, "", () => plan.Abandon());
            using (Dataset all = Dataset.Open(path))
            {
                Check.Equal(2, all.Files().Length);
            }
        }

        private static void Garbage()
        {
            string folder = Check.Fresh("dataset_garbage"), path = folder + "/all.dataset";
            Merge.Run(Parts(folder), path);
            using (GarbageTests.Collector())
            {
                for (int i = 0; i < 100; i++)
                {
                    Check.Same(new long[] { 0, 1 }, Dataset.Open(path).Files());
                }
            }
        }
    }
}
