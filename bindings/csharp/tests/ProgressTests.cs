// Progress, cancellation, interruption and the log: where receivers run, what they may do, that nothing crosses.
//
// Invariant: a cancelled call leaves the store as it was. Not here: how often progress is told.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;

namespace DataStorage.Tests
{
    /// <summary>A receiver that runs at once; System.Progress would post to another thread.</summary>
    internal sealed class Receiver : IProgress<StoreProgress>
    {
        private readonly Action<StoreProgress> _receive;

        internal Receiver(Action<StoreProgress> receive)
        {
            _receive = receive;
        }

        public void Report(StoreProgress value) => _receive(value);
    }

    internal static class ProgressTests
    {
        internal static Case[] Cases() => new[]
        {
            new Case("progress of each long call", Told),
            new Case("cancelling by token", ByToken),
            new Case("what a receiver throws leaves the call", Thrown),
            new Case("what a receiver may call", Reentrance),
            new Case("calls of two threads have their own receivers", TwoThreads),
            new Case("interrupting the calls of another thread", Interrupting),
            new Case("the log of the process", Log)
        };

        private static Store Filled(string uri)
        {
            Store store = Store.Open(uri);
            for (int i = 0; i < 20; i++)
            {
                store.Save("x" + i, Enumerable.Range(0, 1000).ToArray());
            }
            return store;
        }

        private static void Told()
        {
            string path = Check.Fresh("progress") + "/part.zarr";
            var stages = new List<string>();
            int caller = Thread.CurrentThread.ManagedThreadId;
            var receiver = new Receiver(one =>
            {
                Check.Equal(caller, Thread.CurrentThread.ManagedThreadId);
                Check.True(one.Done >= 0 && (one.Total == 0 || one.Done <= one.Total));
                stages.Add(one.Stage);
            });
            using (Store store = Filled(path))
            using (Store target = Store.OpenMemory())
            {
                Check.Equal(20L, store.CopyTo(target, null, receiver));
                Check.True(stages.Count >= 20 && stages.All(stage => stage == "copy"));
                int before = stages.Count;
                store.Flush(); // nobody listens to this call
                Check.Equal(before, stages.Count);
                store.Compress(receiver);
                Check.True(stages.Contains("compress"));
                store.Close(receiver);
            }
            using (Store store = Filled("json:" + Check.Fresh("progress_json")))
            {
                store.Flush(receiver);
                store.Verify(false, receiver);
                Check.True(stages.Contains("flush") && stages.Contains("verify"));
            }
        }

        private static void ByToken()
        {
            string path = Check.Fresh("cancelling") + "/part.zarr";
            using (Store store = Filled(path))
            using (Store target = Store.OpenMemory())
            {
                store.Flush();
                var source = new CancellationTokenSource();
                Check.Fails<OperationCanceledException>(Status.Cancelled, "",
                    () => store.CopyTo(target, null, new Receiver(one => { if (one.Done == 5) source.Cancel(); }), source.Token));
                Check.True(target.Keys().Count < 20, "the copy went on");

                try
                {
                    store.Compress(null, source.Token);
                    Check.True(false, "a cancelled token was ignored");
                }
                catch (OperationCanceledException e)
                {
                    Check.Equal(source.Token, e.CancellationToken);
                }
                source = new CancellationTokenSource();
                Check.Fails<OperationCanceledException>(Status.Cancelled, "", () => store.Compress(new Receiver(_ => source.Cancel()), source.Token));
                Check.True(!File.Exists(path + ".data"));
                store.Save("still_writable", new[] { 1 });
                Check.Equal(21L, store.CopyTo(target, null, null, new CancellationTokenSource().Token));
                Check.True(store.Compress() > 0);
            }
        }

        private static void Thrown()
        {
            using (Store store = Filled("memory:"))
            using (Store target = Store.OpenMemory())
            {
                try
                {
                    store.CopyTo(target, null, new Receiver(_ => { throw new InvalidOperationException("the receiver's own"); }));
                    Check.True(false, "nothing was thrown");
                }
                catch (InvalidOperationException e)
                {
                    Check.Equal("the receiver's own", e.Message);
                }
                Check.Equal(20L, store.CopyTo(target));
            }
        }

        private static void Reentrance()
        {
            using (Store store = Filled("memory:"))
            using (Store other = Filled("memory:"))
            using (Store target = Store.OpenMemory())
            using (Store inside = Store.OpenMemory())
            using (Store parts = Filled(Check.Fresh("reentrance") + "/parts.zarr"))
            {
                int inner = 0;
                parts.Create<int>("boxes", new long[] { 64, 64 }, new Options { ["chunks"] = new[] { 8, 64 } });
                parts.Flush(new Receiver(_ => { }));
                store.CopyTo(target, null, new Receiver(one =>
                {
                    Check.Equal("copy", one.Stage);
                    if (one.Done != 3)
                    {
                        return;
                    }
                    Check.True(store.IsOpen);
                    Check.Fails<DataStorageException>(Status.Busy, "", () => store.Load<int>("x0"));
                    Check.Fails<DataStorageException>(Status.Busy, "", () => store.Close());
                    Check.Fails<DataStorageException>(Status.Busy, "", () => other.Dispose());
                    Check.True(store.IsOpen && other.IsOpen);
                    Check.Equal(20L, other.CopyTo(inside, null, new Receiver(_ => inner++)));
                    Check.Equal(20L, other.CopyTo(inside)); // nobody listens to this one,
                    parts.SaveRegion("boxes", new long[] { 0, 0 }, new int[64, 64]); // nor to this one
                }));
                Check.Equal(20, inner);
                Check.Equal(20, target.Keys().Count);
            }
        }

        private static void TwoThreads()
        {
            using (Store store = Filled("memory:"))
            {
                var counts = new int[4];
                LifeTests.InThreads(4, number =>
                {
                    int own = Thread.CurrentThread.ManagedThreadId;
                    using (Store target = Store.OpenMemory())
                    {
                        store.CopyTo(target, null, number == 0 ? null : new Receiver(_ =>
                        {
                            Check.Equal(own, Thread.CurrentThread.ManagedThreadId);
                            counts[number]++;
                        }));
                    }
                });
                Check.True(counts[0] == 0 && counts.Skip(1).All(count => count >= 20));
            }
        }

        private static void Interrupting()
        {
            using (Store store = Filled("memory:"))
            using (Store target = Store.OpenMemory())
            {
                store.Interrupt(); // nothing is in flight: it leaves no mark
                var other = new Thread(() => { });
                Check.Fails<OperationCanceledException>(Status.Cancelled, "", () => store.CopyTo(target, null, new Receiver(one =>
                {
                    if (one.Done == 2)
                    {
                        other = new Thread(store.Interrupt);
                        other.Start();
                        other.Join();
                    }
                })));
                Check.Equal(20L, store.CopyTo(target));
            }
        }

        private static void Log()
        {
            var lines = new List<string>();
            DataStorageLibrary.SetLog((level, line) =>
            {
                lock (lines)
                {
                    lines.Add(level + " " + line);
                }
                Check.Fails<DataStorageException>(Status.Busy, "", () => Store.OpenMemory());
                throw new InvalidOperationException("nobody sees this");
            });
            using (Store store = Store.OpenMemory(new Options { ["validate"] = "warn" }))
            {
                store.SetSchema(SchemaTests.Cad());
                store.Save("face_areas", new[] { 1, 2 }); // integers under float32: a warning
                Check.Equal(1, lines.Count);
                Check.True(lines[0].StartsWith("Warn ") && lines[0].Contains("face_areas"));
                DataStorageLibrary.SetLog(null);
                store.Save("face_areas", new[] { 1, 2 });
                Check.Equal(1, lines.Count);
            }
        }
    }
}
