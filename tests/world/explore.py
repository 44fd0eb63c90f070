import sys, time
from datetime import date
import numpy as np
from sklearn.metrics import roc_auc_score, average_precision_score
import lightgbm as lgb
from columns import read
from history import event, more_of_event, past
from risk.simulate.spec import Spec
seed=int(sys.argv[1]); payers=int(sys.argv[2]); days=int(sys.argv[3]); preset=sys.argv[4]
t=time.perf_counter()
T=read(Spec(seed=seed,payers=payers,days=days,preset=preset)); print("read",time.perf_counter()-t,len(T.lines))
E=event(T); M=more_of_event(T); P=past(T); print("feat",time.perf_counter()-t)
W=45;warm=T.day>=W; kind=T.strings(lambda p:p.kind)
y=T.fraud
print("rows/payer/day",len(y)/payers/days,"fraud",y[warm].mean())
import collections
print({k:round((kind==k).mean(),3) for k in set(kind)})
print("card mean/median",T.cents[kind=="card"].mean()/100,np.median(T.cents[kind=="card"])/100,"transfer median",np.median(T.cents[kind=="transfer"])/100)
print(collections.Counter(T.fraud_kind[warm]).most_common())
print("cases", collections.Counter(k for k,c in set(zip(T.fraud_kind,T.case))).most_common())
print("foreign card", np.mean(E["foreign"][kind=="card"]), "tr", np.mean(E["foreign"][kind=="transfer"]))
print("new payee", {k: round(P["new payee"][warm&(kind==k)&~y].mean(),3) for k in set(kind)}, "unk dev", {k: round(P["unknown device"][warm&(kind==k)&~y].mean(),3) for k in set(kind)})
print("night", E["night"].mean(), "memo share tr", M["has memo"][kind=="transfer"].mean())
def auc(v,m): 
    a=roc_auc_score(y[m],v[m]); return a
allf={**E,**M,**P}
for scope,m in [("all",warm)]+[(k,warm&(kind==k)) for k in ("card","transfer","direct_debit","cash")]:
    if y[m].sum()<20: continue
    r=sorted(((max(auc(v,m),1-auc(v,m)),auc(v,m),n) for n,v in allf.items()),reverse=True)
    print(scope,int(y[m].sum()),[(n,round(b,2)) for a,b,n in r[:12]])
cut=W+(days-W)*0.55
tr=warm&(T.day<cut); te=T.day>=cut
def fit(fs,trees=300,**kw):
    X=np.column_stack([allf[n] for n in fs]).astype(float)
    b=lgb.train({"objective":"binary","learning_rate":.05,"num_leaves":15,"min_data_in_leaf":40,"verbose":-1,"num_threads":1,"feature_fraction":.7,"bagging_fraction":.8,"bagging_freq":1,"seed":1,"lambda_l2":5,**kw},lgb.Dataset(X[tr],y[tr]),trees)
    return b,b.predict(X[te])
yt=y[te]
b,p=fit(["amount","channel","foreign","hour","round"],150); print("event only AUC %.3f AP %.3f"%(roc_auc_score(yt,p),average_precision_score(yt,p)))
b,p=fit(list(allf)); 
n=p[~yt]; thr=np.quantile(n,.999); thr1=np.quantile(n,.99)
print("strong AUC %.3f AP %.3f R@.1%% %.3f rate %.4f"%(roc_auc_score(yt,p),average_precision_score(yt,p),(p[yt]>thr).mean(), yt.mean()))
g=b.feature_importance("gain"); print(sorted(zip(np.round(g/g.sum(),3),allf),reverse=True)[:14])
for k in sorted(set(T.fraud_kind[te])-{""}):
    m=T.fraud_kind[te]==k; print("  %-24s n %4d recall@1%% %.2f unseen %.2f"%(k,m.sum(),(p[m]>thr1).mean(),T.unseen[te][m].mean()))
print("total",time.perf_counter()-t)
