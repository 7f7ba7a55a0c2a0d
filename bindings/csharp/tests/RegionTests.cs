// Arrays that are written by parts, on every store: create, write a box, resize, append, read a box.
//
// Invariant: elements that were not written are the fill value. Not here: boxes that leave the array (WrongUseTests.cs).

using System;
using System.Linq;
using System.Threading;

namespace DataStorage.Tests
{
    internal static class RegionTests
    {
        internal static Case[] Cases() => new[]
        {
            new Case("boxes, resizing, appending", Boxes),
            new Case("T[,] and T[,,] as boxes", MultiDimBoxes),
            new Case("options of a new array", NewArrays),
            new Case("several threads append to one array", Threads)
        };

        private static void Boxes()
        {
            foreach (Store store in Stores.Each("regions"))
            {
                using (store)
                {
                    store.Create<int>("g/x", new long[] { 4, 6 }, new Options { ["chunks"] = new[] { 2, 4 }, ["fill_value"] = -1 });
                    store.SaveRegion("g/x", new long[] { 1, 2 }, new[] { 1, 2, 3, 4, 5, 6 }, 2, 3);
                    Check.Same(new[] { 2, 3, 5, 6 }, store.LoadRegion<int>("g/x", new long[] { 1, 3 }, new long[] { 2, 2 }));
                    store.Resize("g/x", 2, 4);
                    store.Resize("g/x", 3, 5);
                    store.Append("g/x", new[] { 7, 7, 7, 7, 7 }, new long[] { 1, 5 });
                    store.Append("g/x", new[] { 8, 8, 8, 8 }, new long[] { 4, 1 }, 1);
                    Check.Same(new[]
                    {
                        -1, -1, -1, -1, -1, 8,
                        -1, -1, 1, 2, -1, 8,
                        -1, -1, -1, -1, -1, 8,
                        7, 7, 7, 7, 7, 8
                    }, store.Load<int>("g/x"));

                    store.Create<double>("line", new long[] { 0 });
                    store.Append("line", new[] { 0.5, 1.5 });
                    store.Append("line", new ReadOnlySpan<double>(new[] { 2.5, 9.9 }, 0, 1));
                    Check.Same(new[] { 0.5, 1.5, 2.5 }, store.Load<double>("line"));
                    store.SaveRegion("line", new long[] { 1 }, new ReadOnlySpan<double>(new[] { -1.5 }));
                    Check.Same(new[] { -1.5, 2.5 }, store.LoadRegion<double>("line", new long[] { 1 }, new long[] { 2 }));
                    Check.Equal(0, store.LoadRegion<double>("line", new long[] { 3 }, new long[] { 0 }).Length);
                }
            }
        }

        private static void MultiDimBoxes()
        {
            foreach (Store store in Stores.Each("multi_dim_boxes"))
            {
                using (store)
                {
                    store.Create<float>("plane", new long[] { 0, 2 });
                    store.Append("plane", new[,] { { 1f, 2f }, { 3f, 4f } });
                    store.SaveRegion("plane", new long[] { 1, 0 }, new[,] { { 9f } });
                    Check.Same(new[] { 1f, 2f, 9f, 4f }, store.Load<float>("plane"));

                    store.Create<bool>("cube", new long[] { 1, 1, 1 });
                    store.Append("cube", new[,,] { { { true } } }, 2);
                    store.SaveRegion("cube", new long[] { 0, 0, 0 }, new[,,] { { { true } } });
                    bool[,,] cube = store.Load3D<bool>("cube");
                    Check.True(cube.Length == 2 && cube[0, 0, 0] && cube[0, 0, 1]);
                }
            }
        }

        private static void NewArrays()
        {
            using (Store store = Store.OpenZarr(Check.Fresh("new_arrays") + "/part.zarr"))
            {
                store.Create<float>("x", new long[] { 10, 3 }, new Options
                {
                    ["chunks"] = new[] { 5, 3 },
                    ["fill_value"] = 0.25,
                    ["codec"] = "gzip:1",
                    ["dims"] = new[] { "point", "axis" },
                    ["attributes"] = new Options { ["unit"] = "mm" }
                });
                Check.Same(new[] { "point", "axis" }, store.GetDimensions("x"));
                Check.Has("\"mm\"", store.GetAttributes("x"));
                Check.Same(Enumerable.Repeat(0.25f, 30), store.Load<float>("x"));
            }
        }

        private static void Threads()
        {
            using (Store store = Store.OpenZarr(Check.Fresh("appending") + "/part.zarr"))
            {
                store.Create<int>("x", new long[] { 0 });
                Thread[] threads = Enumerable.Range(0, 4).Select(number => new Thread(() =>
                {
                    for (int i = 0; i < 50; i++)
                    {
                        store.Append("x", new[] { number, number, number });
                    }
                })).ToArray();
                Array.ForEach(threads, thread => thread.Start());
                Array.ForEach(threads, thread => thread.Join());
                int[] all = store.Load<int>("x");
                Check.Equal(600, all.Length);
                for (int i = 0; i < all.Length; i += 3)
                {
                    Check.True(all[i] == all[i + 1] && all[i] == all[i + 2], "an append was torn at " + i);
                }
                Check.Same(new[] { 150, 150, 150, 150 }, all.GroupBy(number => number).Select(one => one.Count()));
            }
        }
    }
}
